"""How a person can sign in: a password, passkeys, codes after the password. One of them always stays."""

from dataclasses import dataclass

from polar_server.accounts import queries
from polar_server.accounts.one_time_codes import codes, recovery
from polar_server.accounts.passkeys.keys import Passkey, count_passkeys, list_passkeys, remove_passkey
from polar_server.accounts.people import find_user, lock_user
from polar_server.database import Database, Transaction


class LastWayIn(Exception):
    """Nothing else would open the account."""


@dataclass(frozen=True, slots=True)
class WaysIn:
    """What opens an account. One-time codes are asked for after the password; a passkey needs none."""

    password: bool
    passkeys: list[Passkey]
    codes: bool
    recovery_codes: int


async def list_ways_in(database: Database, user_id: str) -> WaysIn:
    """What opens this person's account now."""
    person = await find_user(database, user_id)
    return WaysIn(
        person is not None and person.password_hash is not None,
        await list_passkeys(database, user_id),
        await codes.is_on(database, user_id),
        await recovery.count_codes(database, user_id),
    )


async def take_password(transaction: Transaction, user_id: str, now: int) -> bool:
    """Sign in with passkeys alone from now on. False when there was no password. Raises LastWayIn."""
    await lock_user(transaction, user_id)
    if not await count_passkeys(transaction, user_id):
        raise LastWayIn
    return await transaction.run(queries.REMOVE_PASSWORD, id=user_id, now=now) == 1


async def take_passkey(transaction: Transaction, user_id: str, passkey_id: str) -> str | None:
    """Remove a passkey; its name, or None when it is not theirs. Raises LastWayIn."""
    person = await lock_user(transaction, user_id)
    name = await remove_passkey(transaction, user_id, passkey_id)
    if name and person and person.password_hash is None and not await count_passkeys(transaction, user_id):
        raise LastWayIn
    return name
