"""A lost second factor: an operator takes passkeys and one-time codes from an account, and its person is told.

What is left is the password, or for an account without one the link by mail that lets its person choose one.
"""

from dataclasses import dataclass

from polar_server.accounts import queries
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.passkeys.keys import remove_passkeys
from polar_server.accounts.people import Person, lock_user
from polar_server.accounts.sessions import end_sessions
from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.database import Transaction
from polar_server.html import Pages
from polar_server.mail import Message


class ShutOut(Exception):
    """The account is disabled: no link by mail would open it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from whom: how many passkeys, and whether one-time codes with their recovery codes."""

    person: Person
    passkeys: int
    codes: bool


async def take_second_factor(
    transaction: Transaction, user_id: str, now: int, actor: Actor = OPERATOR, kept_session: str | None = None
) -> Taken | None:
    """Take passkeys and codes, and end every session but `kept_session`. Raises ShutOut.

    None, with nothing changed, when the person has neither. Whoever holds the lost device may have asked for another
    address, so that link is dead, too.
    """
    person = await lock_user(transaction, user_id)
    if person is None:
        return None
    if person.disabled_at is not None:
        raise ShutOut(user_id)
    taken = Taken(person, await remove_passkeys(transaction, user_id), codes=await codes.turn_off(transaction, user_id))
    if not taken.passkeys and not taken.codes:
        return None
    await transaction.run(queries.VOID_EMAIL_CHANGES, user_id=user_id, now=now)
    await end_sessions(transaction, user_id, now, kept_session)
    about = About(user_id=user_id, id=user_id)
    facts = {"passkeys": taken.passkeys, "codes": taken.codes}
    await record(transaction, actor, "account.second_factor_reset", about, now, **facts)
    return taken


def letter_about(taken: Taken, pages: Pages, now: int) -> Message:
    """The mail that tells what was taken, and how to sign in."""
    person = taken.person
    text = pages.text(
        "accounts/mail/second_factor_reset.txt",
        name=person.name,
        passkeys=taken.passkeys,
        codes=taken.codes,
        has_password=person.password_hash is not None,
        at=now,
    )
    return Message.from_text(person.email, text)
