"""Limits on guessing: how often a password may be tried, and mail be asked for.

A try is counted before anything else is done for it, in one statement of the database. So a limit
holds for parallel tries, for all workers together, and after a restart. Sessions that exist are
never asked about it: who guesses at an account cannot disturb the person signed in to it.
"""

from dataclasses import dataclass

from polar_server.accounts import queries
from polar_server.accounts.visits import neighbourhood
from polar_server.database import Database, Transaction
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

PASSWORD_WINDOW, MAIL_WINDOW = 900, 3600
MAILS_PER_MAILBOX = 5
CODES_PER_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Two limits on one try: the narrow one of an account or mailbox, the wide one of a network address.

    Each is a bucket and the most tries in it; `window` is in seconds, from the first try.
    """

    narrow: str
    most_narrow: int
    wide: str
    most_wide: int
    window: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many tries. `retry_after` is seconds until the next one counts."""

    retry_after: int


def sign_in_limits(server_keys: ServerKeys, settings: Settings, email: str, address: str) -> Limits:
    """The limits of signing in with this email, known or not, from this network address."""
    narrow, wide = _account(server_keys, "sign-in", email), f"sign-in@{neighbourhood(address)}"
    return Limits(narrow, settings.guesses_per_account, wide, settings.guesses_per_address, PASSWORD_WINDOW)


def reauthentication_limits(settings: Settings, user_id: str, address: str) -> Limits:
    """The limits of giving one's password again. Their own, so that no stranger can use them up."""
    wide = f"sign-in@{neighbourhood(address)}"
    return Limits(f"again:{user_id}", settings.guesses_per_account, wide, settings.guesses_per_address, PASSWORD_WINDOW)


def passkey_limits(settings: Settings, address: str) -> Limits:
    """The limits of signing in with passkeys from one network address. Nobody guesses one; it is for the work."""
    here = neighbourhood(address)
    most = settings.guesses_per_address
    return Limits(f"passkey@{here}", most, f"sign-in@{here}", most, PASSWORD_WINDOW)


def code_limits(settings: Settings, user_id: str, address: str) -> Limits:
    """The limits of giving a one-time code. Only who has the password gets this far.

    Three codes of a million are right at a time: five tries in fifteen minutes find one in two years, by chance.
    """
    wide = f"sign-in@{neighbourhood(address)}"
    return Limits(f"code:{user_id}", CODES_PER_ACCOUNT, wide, settings.guesses_per_address, PASSWORD_WINDOW)


def email_change_limits(server_keys: ServerKeys, user_id: str, email: str) -> Limits:
    """The limits of changing the address of this account, and of having mail sent to this mailbox."""
    mailbox = _account(server_keys, "mail", email)
    return Limits(f"change:{user_id}", MAILS_PER_MAILBOX, mailbox, MAILS_PER_MAILBOX, MAIL_WINDOW)


def mail_limits(server_keys: ServerKeys, settings: Settings, email: str, address: str) -> Limits:
    """The limits of having mail sent to this mailbox by somebody at this network address."""
    narrow, wide = _account(server_keys, "mail", email), f"mail@{neighbourhood(address)}"
    return Limits(narrow, MAILS_PER_MAILBOX, wide, settings.mails_per_address, MAIL_WINDOW)


def invitation_limits(server_keys: ServerKeys, settings: Settings, email: str, address: str) -> Limits:
    """The limits of inviting this mailbox. Its own bucket: invitations must not use up the links to a new password."""
    narrow, wide = _account(server_keys, "invite", email), f"mail@{neighbourhood(address)}"
    return Limits(narrow, MAILS_PER_MAILBOX, wide, settings.mails_per_address, MAIL_WINDOW)


async def count(database: Database, limits: Limits, now: int) -> Throttled | None:
    """Count one try against both limits."""
    async with database.statement() as transaction:
        rows = await transaction.all(
            queries.COUNT_GUESS, narrow=limits.narrow, wide=limits.wide, now=now, window_ends_at=now + limits.window
        )
    most = {limits.narrow: limits.most_narrow, limits.wide: limits.most_wide}
    waits = [row["window_ends_at"] - now for row in rows if row["count"] > most[row["bucket"]]]
    return Throttled(max(waits)) if waits else None


async def forgive(transaction: Transaction, limits: Limits) -> None:
    """The try was right: forget the account's tries, and this one of the address."""
    await transaction.run(queries.FORGET_GUESSES, bucket=limits.narrow)
    await transaction.run(queries.UNCOUNT_GUESS, bucket=limits.wide)


async def forget_sign_ins(transaction: Transaction, server_keys: ServerKeys, email: str) -> None:
    """The person chose a new password: what was guessed at the old one says nothing about this one."""
    await transaction.run(queries.FORGET_GUESSES, bucket=_account(server_keys, "sign-in", email))


def _account(server_keys: ServerKeys, kind: str, email: str) -> str:
    # Only a digest is kept: people type passwords into the email field.
    return f"{kind}:{server_keys.digest(email)[:32]}"
