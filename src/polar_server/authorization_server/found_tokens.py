"""Tokens that turn up where they should not: what one is, whether it works, whose it is, and ending it.

Two ask: the form "Check a token", for whoever found one, and the reports of secret scanning.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from polar_server.accounts import sessions
from polar_server.accounts.roles import Role, may_manage
from polar_server.audit import About, Actor, record
from polar_server.authorization_server import clients, found_token_queries, grant_queries, organization_token_queries
from polar_server.authorization_server.found_token_queries import KINDS
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import API_TOKENS, REFRESH_TOKENS, Token, TokenKind

MOST_TYPED = 500
"""Characters that are looked at."""
# People paste the whole line: a name and a sign before it, quotes around it.
_LIKE_OURS = re.compile("polar_[0-9A-Za-z_]*")

_OF_GRANTS = (API_TOKENS | REFRESH_TOKENS | {TokenKind.AUTHORIZATION_CODE}) - {TokenKind.ORGANIZATION_TOKEN}


class State(StrEnum):
    """How it stands with a text that somebody found."""

    NOT_OURS = "not_ours"
    MISTYPED = "mistyped"
    HARMLESS = "harmless"
    UNKNOWN = "unknown"
    DEAD = "dead"
    ALIVE = "alive"


class Found(NamedTuple):
    """A token of ours that was proved by its digest. `ends` is the id of what ending it would end."""

    kind: TokenKind
    id: str
    ends: str
    user_id: str | None
    organization_id: str | None
    organization_name: str | None
    client_id: str | None
    name: str | None
    expires_at: int | None
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What a person learns about a text. Whose it is, they learn only of what is theirs to end.

    `shown` is its beginning, which is no secret; `name` is the app's, or the one its maker gave it.
    """

    state: State
    kind: TokenKind | None = None
    shown: str = ""
    name: str | None = None
    is_own: bool = False
    organization_name: str | None = None
    expires_at: int | None = None
    may_revoke: bool = False
    found: Found | None = None

    @property
    def is_known(self) -> bool:
        """Whether this person learns whose it is."""
        return self.found is not None


async def describe_token(server: AuthorizationServer, text: str, user_id: str) -> Description:
    """What the text is, for this person. What cannot be a token of ours costs no look at the database."""
    match = _LIKE_OURS.search(text[:MOST_TYPED])
    text = match[0] if match else ""
    kind = tokens.kind_of(text)
    if kind is None:
        return Description(State.NOT_OURS)
    token = tokens.parse(text, kind)
    if token is None:
        return Description(State.MISTYPED, kind)
    shown = f"{kind}{token.id}"
    if kind not in KINDS:
        return Description(State.HARMLESS, kind, shown)
    async with server.database.read() as tx:
        found = await find_token(tx, server.server_keys, token, int(server.clock()))
        if found is None:
            return Description(State.UNKNOWN, kind, shown)
        allowed = await may_end(tx, found, user_id)
    return _described(found, shown, user_id, allowed=allowed)


async def revoke_found(server: AuthorizationServer, kind: TokenKind, token_id: str, actor: Actor) -> Found | None:
    """End a token that `describe_token` showed this person; None when it is not theirs or does not work any more."""
    now_ms = int(server.clock() * 1000)
    async with server.database.write() as tx:
        row = await found_token_queries.find(tx, kind, token_id, now_ms // 1000)
        found = None if row is None else _found(kind, token_id, row)
        if found is None or not found.is_alive or not await may_end(tx, found, actor.user_id or ""):
            return None
        ended = await end_token(tx, server.server_keys, found, "ended by its holder", now_ms)
        if ended:
            await record_ending(tx, actor, "token.ended", found, now_ms // 1000)
        return found if ended else None


async def record_ending(tx: Transaction, actor: Actor, act: str, found: Found, now: int, **detail: str) -> None:
    """The entry of the audit log, for the person and the organization that the token was of."""
    shown = f"{found.kind}{found.id}"
    about = About(organization_id=found.organization_id, user_id=found.user_id, id=shown, name=found.name)
    await record(tx, actor, act, about, now, **detail)


async def find_token(tx: Transaction, server_keys: ServerKeys, token: Token, now: int) -> Found | None:
    """The token, alive or not, if its digest proves that we issued it."""
    row = await found_token_queries.find(tx, token.kind, token.id, now)
    if row is None or row["digest"] is None:
        return None
    # A client's secret is digested with the client that it belongs to.
    text = f"{row['client_id']} {token.text}" if token.kind is TokenKind.CLIENT_SECRET else token.text
    proved = server_keys.matches(text, row["digest"], row["key_id"])
    return _found(token.kind, token.id, row) if proved else None


async def may_end(tx: Transaction, found: Found, user_id: str) -> bool:
    """Whether it is this person's own, or of an organization that they manage."""
    if found.user_id == user_id:
        return True
    if found.organization_id is None:
        return False
    role: Role | None = await found_token_queries.find_role(tx, found.organization_id, user_id)
    return role is not None and may_manage(role)


async def end_token(tx: Transaction, server_keys: ServerKeys, found: Found, reason: str, now_ms: int) -> bool:
    """End what the token stands for; False when that had ended before. `now_ms` is epoch milliseconds."""
    now = now_ms // 1000
    if found.kind in _OF_GRANTS:
        # Whoever could read this one could read the others that came with it.
        return await grant_queries.revoke_grant(tx, found.ends, reason, now)
    if found.kind is TokenKind.ORGANIZATION_TOKEN:
        assert found.organization_id is not None, "it has its organization"
        return await organization_token_queries.revoke_token(tx, found.organization_id, found.ends, reason, now)
    if found.kind is TokenKind.SESSION:
        return await sessions.end_session(tx, found.user_id or "", found.ends, now)
    if found.kind is TokenKind.REGISTRATION_TOKEN:
        return await found_token_queries.end_registration(tx, found.ends, now)
    return await _end_secret(tx, server_keys, found, now_ms)


async def _end_secret(tx: Transaction, server_keys: ServerKeys, found: Found, now_ms: int) -> bool:
    if not await found_token_queries.is_current_secret(tx, found.ends, found.id):
        return await found_token_queries.end_previous_secret(tx, found.ends, found.id, now_ms // 1000)
    # Replaced by one that nobody is told; the owner makes the next.
    return await clients.rotate_secret(tx, server_keys, found.ends, now_ms, overlap=0) is not None


def _found(kind: TokenKind, token_id: str, row: Row) -> Found:
    return Found(
        kind,
        token_id,
        row["ends"],
        row["user_id"],
        row["organization_id"],
        row["organization_name"],
        row["client_id"],
        row["name"],
        row["expires_at"],
        bool(row["alive"]),
    )


def _described(found: Found, shown: str, user_id: str, *, allowed: bool) -> Description:
    state = State.ALIVE if found.is_alive else State.DEAD
    if not allowed:
        return Description(state, found.kind, shown)
    return Description(
        state,
        found.kind,
        shown,
        name=found.name,
        is_own=found.user_id == user_id,
        organization_name=found.organization_name,
        expires_at=found.expires_at,
        may_revoke=found.is_alive,
        found=found,
    )
