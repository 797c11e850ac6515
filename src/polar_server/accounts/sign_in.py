"""Signing in: a password checked, and a session begun only while what was checked still holds."""

from dataclasses import replace

from polar_server.accounts import queries, sessions
from polar_server.accounts.fields import normalized_email
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import Person, find_user_by_email, lock_user
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.database import Database, Transaction
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Token
from polar_server.settings import Settings


async def check_password(database: Database, passwords: Passwords, email: str, password: str) -> Person | None:
    """The person whose email and password these are, also when disabled. An unknown email takes the same time.

    `email` is as it was typed. Count the try before: see `guesses`.
    """
    address = normalized_email(email)
    person = await find_user_by_email(database, address) if address else None
    verification = await passwords.verify(password, person.password_hash if person else None)
    if person is None or not verification.correct:
        return None
    if not verification.outdated:
        return person
    renewed = await passwords.hash(password)
    async with database.statement() as transaction:
        await transaction.run(queries.RENEW_HASH, id=person.id, verified=person.password_hash, renewed=renewed)
    return replace(person, password_hash=renewed)


async def still_holds(transaction: Transaction, person: Person) -> bool:
    """Whether the person, whose password was checked a moment ago, has it still and is not disabled. Locks them."""
    current = await lock_user(transaction, person.id)
    return current is not None and current.disabled_at is None and current.password_hash == person.password_hash


async def begin_session(
    transaction: Transaction, server_keys: ServerKeys, settings: Settings, person: Person, visit: Visit
) -> Token | None:
    """A session for a person whose password was checked a moment ago; None when that is not enough any more."""
    if not await still_holds(transaction, person) or await codes.is_on_in(transaction, person.id):
        return None
    return await sessions.start_session(transaction, server_keys, settings, person.id, visit)


async def end_replaced(transaction: Transaction, session: Session | None, now: int) -> None:
    """End the session that the browser had before: its cookie is about to be overwritten."""
    if session is not None:
        await sessions.end_session(transaction, session.user.id, session.id, now)
