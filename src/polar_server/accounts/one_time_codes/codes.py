"""A person's one-time codes: turned on with a first code, checked, turned off."""

from collections.abc import Sequence

from polar_server.accounts.one_time_codes import queries, recovery, totp
from polar_server.database import Database, Transaction
from polar_server.oauth.server_keys import ServerKeys

_PURPOSE = "one-time codes"


async def is_on(database: Database, user_id: str) -> bool:
    """Whether sign-in with the password asks this person for a code."""
    async with database.read() as transaction:
        return await is_on_in(transaction, user_id)


async def is_on_in(transaction: Transaction, user_id: str) -> bool:
    """The same, within a transaction."""
    return await transaction.first(queries.FIND_SECRET, user_id=user_id) is not None


async def turn_on(
    transaction: Transaction,
    server_keys: ServerKeys,
    user_id: str,
    secret: bytes,
    step: int,
    now: int,
    *,
    recovery_codes: Sequence[str] = (),
) -> bool:
    """Ask for codes from now on, or for one of these recovery codes. False when codes were on already.

    `step` is the time step of the code that showed that the person's app has the secret: it is used up by that.
    """
    sealed = server_keys.seal(_PURPOSE, secret, _place(user_id))
    saved = await transaction.run(queries.SAVE_SECRET, user_id=user_id, sealed_secret=sealed, last_step=step, now=now)
    if saved:
        await recovery.replace_codes(transaction, server_keys, user_id, recovery_codes, now)
    return saved == 1


async def turn_off(transaction: Transaction, user_id: str) -> bool:
    """Ask for no codes any more, and forget the recovery codes. False when they were off."""
    await transaction.run(queries.REMOVE_RECOVERY_CODES, user_id=user_id)
    return await transaction.run(queries.REMOVE_SECRET, user_id=user_id) == 1


async def check(transaction: Transaction, server_keys: ServerKeys, user_id: str, typed: str, now: int) -> bool:
    """Use up a one-time code or a recovery code of this person, however it was typed. Count the try before."""
    code = "".join(typed.split())
    if totp.is_code(code):
        return await _use(transaction, server_keys, user_id, code, now)
    recovery_code = recovery.normalized(typed)
    return recovery_code is not None and await recovery.use_code(transaction, server_keys, user_id, recovery_code, now)


async def _use(transaction: Transaction, server_keys: ServerKeys, user_id: str, code: str, now: int) -> bool:
    row = await transaction.first(queries.FIND_SECRET, user_id=user_id)
    if row is None:
        return False
    sealed = row["sealed_secret"]
    secret = server_keys.open(_PURPOSE, sealed, _place(user_id))
    step = totp.step_of(secret, code, now)
    if step is None:
        return False
    # The secret follows the server key, as far as its person signs in before the old one is taken away.
    kept = sealed if server_keys.is_current(sealed) else server_keys.seal(_PURPOSE, secret, _place(user_id))
    return await transaction.run(queries.USE_STEP, user_id=user_id, step=step, sealed_secret=kept) == 1


def _place(user_id: str) -> str:
    return f"code_secrets {user_id} sealed_secret"
