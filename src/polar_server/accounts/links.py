"""One-time links by mail: to sign up, to verify an address, to choose a new password.

A link is a token of which we keep the digest. Opening it shows a page; only the form on that page uses
it, because mail scanners open links too. Its address starts with the configured issuer, never with what
a request says about itself.
"""

import os
from dataclasses import dataclass
from enum import StrEnum

from polar_server.accounts import queries
from polar_server.accounts.visits import Visit
from polar_server.database import Database, Transaction
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Token, TokenKind


class Purpose(StrEnum):
    """What a link is for. It is looked up with its purpose, so it opens nothing else."""

    SIGN_UP = "sign_up"
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password


LIFETIMES = {Purpose.SIGN_UP: 86_400, Purpose.VERIFY_EMAIL: 86_400, Purpose.RESET_PASSWORD: 3_600}
"""Seconds for which a link works."""

_PATHS = {
    Purpose.SIGN_UP: "/sign-up/finish",
    Purpose.VERIFY_EMAIL: "/verify-email",
    Purpose.RESET_PASSWORD: "/reset-password",
}


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be mailed to `email`. `user_id` is None when it is to sign up; `return_to` was checked before."""

    purpose: Purpose
    email: str
    user_id: str | None
    return_to: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works now."""

    id: str
    purpose: Purpose
    user_id: str | None
    email: str
    return_to: str


async def issue_link(transaction: Transaction, server_keys: ServerKeys, new: NewLink, visit: Visit) -> Token:
    """A new link's token. Runs one statement."""
    token = tokens.mint(TokenKind.MAIL_LINK, visit.now_ms, os.urandom(tokens.ENTROPY_BYTES))
    await transaction.run(
        queries.ADD_LINK,
        id=token.id,
        digest=server_keys.digest(token.text),
        key_id=server_keys.key_id,
        user_id=new.user_id,
        purpose=new.purpose,
        email=new.email,
        return_to=new.return_to,
        now=visit.now,
        expires_at=visit.now + LIFETIMES[new.purpose],
    )
    return token


def link_url(issuer: str, purpose: Purpose, token: Token) -> str:
    """The address to mail."""
    return f"{issuer}{_PATHS[purpose]}?token={token.text}"


async def find_link(
    database: Database, server_keys: ServerKeys, purpose: Purpose, text: str | None, now: int
) -> Link | None:
    """The link with this token, while it is unused and unexpired and its person still has the address."""
    token = tokens.parse(text, TokenKind.MAIL_LINK) if text else None
    if token is None:
        return None
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_LINK, id=token.id, purpose=purpose, now=now)
    if row is None or not server_keys.matches(token.text, row["digest"], row["key_id"]):
        return None
    return Link(row["id"], purpose, row["user_id"], row["email"], row["return_to"])


async def use_link(transaction: Transaction, link: Link, now: int) -> bool:
    """Use the link up. False when somebody else did so first: then nothing may follow."""
    return await transaction.run(queries.USE_LINK, id=link.id, purpose=link.purpose, now=now) == 1
