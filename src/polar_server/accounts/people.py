"""People with an account: made, found, changed, disabled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from polar_server.accounts import queries
from polar_server.accounts.links import Purpose
from polar_server.accounts.sessions import User, end_sessions
from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.database import Database, Row, Transaction

CredentialsChanged = Callable[[Transaction, str, int], Awaitable[None]]
"""Called with (transaction, user id, now) whenever a person's password is replaced or the person is disabled,
inside the same write transaction, so that it happens as a whole or not at all. It awaits nothing but the
transaction. Floors above end there what was opened with the old credentials: refresh families, for one."""


class EmailTaken(Exception):
    """Another person has this address."""


@dataclass(frozen=True, slots=True)
class Person:
    """A row of users. Times are epoch seconds; `email` is trimmed and lower-case."""

    id: str
    email: str
    name: str
    picture: str | None
    password_hash: str | None
    email_verified_at: int | None
    disabled_at: int | None
    operator: bool
    created_at: int

    @property
    def user(self) -> User:
        return User(self.id, self.email, self.name, self.picture, self.email_verified_at is not None, self.operator)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is needed for an account. `email` comes from `fields.normalized_email`; an operator may open /admin."""

    email: str
    name: str
    password_hash: str | None
    verified: bool = False
    operator: bool = False


async def create_user(transaction: Transaction, new: NewPerson, now: int) -> Person:
    """A new account. Raises EmailTaken."""
    user_id, verified_at = str(uuid4()), now if new.verified else None
    row = await transaction.first(
        queries.ADD_USER,
        id=user_id,
        email=new.email,
        name=new.name,
        password_hash=new.password_hash,
        email_verified_at=verified_at,
        operator=new.operator,
        now=now,
    )
    if row is None:
        raise EmailTaken(new.email)
    return Person(user_id, new.email, new.name, None, new.password_hash, verified_at, None, new.operator, now)


async def find_user(database: Database, user_id: str) -> Person | None:
    """The person with this id, also when disabled."""
    async with database.read() as transaction:
        return _person(await transaction.first(queries.FIND_USER, id=user_id))


async def find_user_by_email(database: Database, email: str) -> Person | None:
    """The person with this normalized address, also when disabled."""
    async with database.read() as transaction:
        return _person(await transaction.first(queries.FIND_USER_BY_EMAIL, email=email))


async def list_users(database: Database, limit: int, after: Person | None = None) -> list[Person]:
    """A page of people in the order they came, following `after`."""
    async with database.read() as transaction:
        rows = await transaction.all(
            queries.LIST_USERS,
            after_created_at=after.created_at if after else None,
            after_id=after.id if after else None,
            limit=limit,
        )
    return [_known(row) for row in rows]


async def lock_user(transaction: Transaction, user_id: str) -> Person | None:
    """The person as committed now, kept from changing until the transaction ends."""
    return _person(await transaction.first(queries.LOCK_USER, id=user_id))


async def save_profile(transaction: Transaction, user_id: str, name: str, picture: str | None, now: int) -> None:
    """Change what others see of a person."""
    await transaction.run(queries.SAVE_PROFILE, id=user_id, name=name, picture=picture, now=now)


async def verify_email(transaction: Transaction, user_id: str, email: str, now: int) -> None:
    """The person has shown that this mailbox is theirs. Does nothing when their address is another one by now."""
    await transaction.run(queries.VERIFY_EMAIL, id=user_id, email=email, now=now)


async def change_password(
    transaction: Transaction,
    user_id: str,
    password_hash: str,
    now: int,
    on_credentials_changed: Sequence[CredentialsChanged],
    *,
    actor: Actor | None = None,
    act: str = "account.password_changed",
) -> None:
    """Replace the password; end every session, link that the old one could ask for, and whatever else came from it."""
    # First, because it takes the person's row: a sign-in with the old password waits here and then fails.
    await transaction.run(queries.SAVE_PASSWORD, id=user_id, password_hash=password_hash, now=now)
    about = About(user_id=user_id, id=user_id)
    await record(transaction, actor or Actor(user_id), act, about, now)
    await _end_access(transaction, user_id, now, on_credentials_changed)


async def disable_user(
    transaction: Transaction,
    user_id: str,
    now: int,
    on_credentials_changed: Sequence[CredentialsChanged],
    actor: Actor = OPERATOR,
) -> bool:
    """Shut a person out, from their next request on. False when that had been done before."""
    if await transaction.run(queries.DISABLE_USER, id=user_id, now=now) == 0:
        return False
    await record(transaction, actor, "account.disabled", About(user_id=user_id, id=user_id), now)
    await _end_access(transaction, user_id, now, on_credentials_changed)
    return True


async def enable_user(transaction: Transaction, user_id: str, now: int, actor: Actor = OPERATOR) -> bool:
    """Let a disabled person sign in again. Nothing that ended comes back."""
    if await transaction.run(queries.ENABLE_USER, id=user_id, now=now) == 0:
        return False
    await record(transaction, actor, "account.enabled", About(user_id=user_id, id=user_id), now)
    return True


async def _end_access(
    transaction: Transaction, user_id: str, now: int, on_credentials_changed: Sequence[CredentialsChanged]
) -> None:
    await transaction.run(queries.VOID_LINKS, user_id=user_id, purpose=Purpose.RESET_PASSWORD, now=now)
    await transaction.run(queries.VOID_EMAIL_CHANGES, user_id=user_id, now=now)
    await end_sessions(transaction, user_id, now)
    for call in on_credentials_changed:
        await call(transaction, user_id, now)


def _person(row: Row | None) -> Person | None:
    return _known(row) if row else None


def _known(row: Row) -> Person:
    user_id, email, name, picture, password_hash, verified_at, disabled_at, operator, created_at = row
    return Person(user_id, email, name, picture, password_hash, verified_at, disabled_at, bool(operator), created_at)
