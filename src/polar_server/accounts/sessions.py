"""Browser sessions: kept on the server, listed to their person, ended at once.

A session has an absolute lifetime and an idle one. Its cookie is a token of which we keep the digest.
"""

import os
from dataclasses import dataclass

from polar_server.accounts import queries
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.visits import Visit
from polar_server.database import Database, Transaction
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Token, TokenKind
from polar_server.settings import Settings

SEEN_EVERY = 60
"""Seconds between two notes of when a session was last seen: a page view should not cost a write."""

PASSWORD, PASSWORD_AND_CODE, PASSKEY = "pwd", "pwd otp", "hwk"
"""How a person showed who they are, in the words of RFC 8176 §2. A passkey checks who holds it, too."""

_LISTED = 200


@dataclass(frozen=True, slots=True)
class User:
    """The person who is signed in, as pages and claims show them. An operator runs the server: /admin is theirs."""

    id: str
    email: str
    name: str
    picture: str | None
    email_verified: bool
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. Its person last showed who they are at `authenticated_at` (epoch seconds), by `methods`."""

    id: str
    user: User
    authenticated_at: int
    methods: str = PASSWORD


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A live session as its person sees it. Times are epoch seconds."""

    id: str
    created_at: int
    last_seen_at: int
    user_agent: str
    address: str
    methods: str


async def find_session(
    database: Database, server_keys: ServerKeys, settings: Settings, cookie_value: str | None, now: int
) -> Session | None:
    """The live session that this cookie opens: not ended, expired or idle for too long, its person not disabled."""
    token = tokens.parse(cookie_value, TokenKind.SESSION) if cookie_value else None
    if token is None:
        return None
    idle_since = now - settings.session_idle_lifetime
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_SESSION, id=token.id, now=now, idle_since=idle_since)
    if row is None or not server_keys.matches(token.text, row["digest"], row["key_id"]):
        return None
    if row["last_seen_at"] <= now - SEEN_EVERY:
        async with database.statement() as transaction:
            await transaction.run(queries.TOUCH_SESSION, id=token.id, now=now)
    verified = row["email_verified_at"] is not None
    user = User(row["user_id"], row["email"], row["name"], row["picture"], verified, bool(row["operator"]))
    return Session(row["id"], user, row["authenticated_at"], row["methods"])


async def start_session(
    transaction: Transaction,
    server_keys: ServerKeys,
    settings: Settings,
    user_id: str,
    visit: Visit,
    methods: str = PASSWORD,
) -> Token:
    """A new session, whose token is the cookie's value. The id is always new, so that nobody can plant one."""
    await record_own(transaction, visit, user_id, "account.signed_in", methods=methods)
    return await _add_session(transaction, server_keys, settings, user_id, visit, methods)


async def _add_session(
    transaction: Transaction, server_keys: ServerKeys, settings: Settings, user_id: str, visit: Visit, methods: str
) -> Token:
    token = tokens.mint(TokenKind.SESSION, visit.now_ms, os.urandom(tokens.ENTROPY_BYTES))
    await transaction.run(
        queries.ADD_SESSION,
        id=token.id,
        digest=server_keys.digest(token.text),
        key_id=server_keys.key_id,
        user_id=user_id,
        now=visit.now,
        expires_at=visit.now + settings.session_lifetime,
        user_agent=visit.user_agent,
        address=visit.address,
        methods=methods,
    )
    return token


async def renew_session(
    transaction: Transaction,
    server_keys: ServerKeys,
    settings: Settings,
    session: Session,
    visit: Visit,
    methods: str = "",
) -> Token:
    """A new session in place of this one, when its person has shown once more who they are (ASVS 5.0 V7.2.4)."""
    await end_session(transaction, session.user.id, session.id, visit.now)
    how = methods or session.methods
    return await _add_session(transaction, server_keys, settings, session.user.id, visit, how)


async def list_sessions(database: Database, settings: Settings, user_id: str, now: int) -> list[ListedSession]:
    """The live sessions of a person, last seen first; the first 200."""
    idle_since = now - settings.session_idle_lifetime
    async with database.read() as transaction:
        rows = await transaction.all(
            queries.LIST_SESSIONS, user_id=user_id, now=now, idle_since=idle_since, limit=_LISTED
        )
    return [ListedSession(*row) for row in rows]


async def end_session(transaction: Transaction, user_id: str, session_id: str, now: int) -> bool:
    """End one session of this person. False when it is not theirs or has ended before."""
    return await transaction.run(queries.END_SESSION, id=session_id, user_id=user_id, now=now) == 1


async def end_sessions(transaction: Transaction, user_id: str, now: int, kept_id: str | None = None) -> int:
    """End all sessions of a person, except the one with `kept_id`; how many that were."""
    if kept_id is None:
        return await transaction.run(queries.END_SESSIONS, user_id=user_id, now=now)
    return await transaction.run(queries.END_OTHER_SESSIONS, user_id=user_id, kept_id=kept_id, now=now)
