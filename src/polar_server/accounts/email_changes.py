"""A change of address: asked for in the account, confirmed with a link that is mailed to the new one."""

import os
from dataclasses import dataclass

from polar_server.accounts import queries
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.people import EmailTaken
from polar_server.accounts.sessions import User
from polar_server.accounts.visits import Visit
from polar_server.database import Database, Transaction, UniqueViolation
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Token, TokenKind

LIFETIME = 3_600
"""Seconds for which the mailed link works."""
PATH = "/account/email/confirm"


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A change that can be confirmed now."""

    id: str
    user_id: str
    old_email: str
    new_email: str


async def ask(transaction: Transaction, server_keys: ServerKeys, user: User, new_email: str, visit: Visit) -> Token:
    """A new change in place of the person's earlier ones, whose links are dead from now on."""
    await transaction.run(queries.VOID_EMAIL_CHANGES, user_id=user.id, now=visit.now)
    token = tokens.mint(TokenKind.MAIL_LINK, visit.now_ms, os.urandom(tokens.ENTROPY_BYTES))
    await transaction.run(
        queries.ADD_EMAIL_CHANGE,
        id=token.id,
        digest=server_keys.digest(token.text),
        key_id=server_keys.key_id,
        user_id=user.id,
        old_email=user.email,
        new_email=new_email,
        now=visit.now,
        expires_at=visit.now + LIFETIME,
    )
    return token


def link_url(issuer: str, token: Token) -> str:
    """The address to mail."""
    return f"{issuer}{PATH}?token={token.text}"


async def find_change(database: Database, server_keys: ServerKeys, text: str | None, now: int) -> EmailChange | None:
    """The change with this token, while it is unused and unexpired and the person still has the old address."""
    token = tokens.parse(text, TokenKind.MAIL_LINK) if text else None
    if token is None:
        return None
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_EMAIL_CHANGE, id=token.id, now=now)
    if row is None or not server_keys.matches(token.text, row["digest"], row["key_id"]):
        return None
    return EmailChange(row["id"], row["user_id"], row["old_email"], row["new_email"])


async def confirm(database: Database, change: EmailChange, visit: Visit) -> bool:
    """Give the person their new address, verified. False when the link was used or overtaken meanwhile.

    Every other link to the old address is dead by that: links are looked up with the address they were mailed to.
    Raises EmailTaken when somebody else has the address by now; then the link stays.
    """
    try:
        async with database.write() as transaction:
            confirmed = await _confirm(transaction, change, visit.now)
            if confirmed:
                await record_own(transaction, visit, change.user_id, "account.email_changed")
    except UniqueViolation as error:
        raise EmailTaken(change.new_email) from error
    return confirmed


async def _confirm(transaction: Transaction, change: EmailChange, now: int) -> bool:
    if not await transaction.run(queries.USE_EMAIL_CHANGE, id=change.id, now=now):
        return False
    addresses = {"old_email": change.old_email, "new_email": change.new_email}
    return await transaction.run(queries.SAVE_EMAIL, id=change.user_id, **addresses, now=now) == 1
