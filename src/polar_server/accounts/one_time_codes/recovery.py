"""Recovery codes: each stands in for a one-time code, once, when the device with the app is lost."""

import os
from collections.abc import Callable, Sequence

from polar_server.accounts.one_time_codes import queries
from polar_server.database import Database, Transaction
from polar_server.oauth.server_keys import ServerKeys

COUNT = 10
# Without the characters that look alike.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 12
# Bytes above this would make some characters more frequent than others.
_EVEN = 256 - 256 % len(_ALPHABET)


def mint_codes(random: Callable[[int], bytes] = os.urandom) -> list[str]:
    """Ten new codes, which are not kept yet."""
    return [mint(random) for _ in range(COUNT)]


def mint(random: Callable[[int], bytes] = os.urandom) -> str:
    """A new recovery code, such as `k7pm-2xqd-9fhw`: 59 bits, which no guessing within our limits finds."""
    characters: list[str] = []
    while len(characters) < _LENGTH:
        characters += [_ALPHABET[byte % len(_ALPHABET)] for byte in random(_LENGTH) if byte < _EVEN]
    text = "".join(characters[:_LENGTH])
    return "-".join(text[start : start + 4] for start in range(0, _LENGTH, 4))


def normalized(text: str) -> str | None:
    """The code as it is digested, however it was typed; None when it is none."""
    code = "".join(character for character in text.lower() if character not in "- \t")
    return code if len(code) == _LENGTH and set(code) <= set(_ALPHABET) else None


async def replace_codes(
    transaction: Transaction, server_keys: ServerKeys, user_id: str, codes: Sequence[str], now: int
) -> None:
    """Keep these codes in place of the earlier ones. They are shown now and never again: only digests are kept."""
    await transaction.run(queries.REMOVE_RECOVERY_CODES, user_id=user_id)
    for code in codes:
        digest = _digest(server_keys, user_id, normalized(code) or "", server_keys.key_id)
        await transaction.run(
            queries.ADD_RECOVERY_CODE, user_id=user_id, digest=digest, key_id=server_keys.key_id, now=now
        )


async def are_kept(transaction: Transaction, server_keys: ServerKeys, user_id: str, codes: Sequence[str]) -> bool:
    """Whether these codes are the person's present ones, used or not."""
    digest = _digest(server_keys, user_id, normalized(codes[0]) or "", server_keys.key_id)
    return await transaction.first(queries.FIND_RECOVERY_CODE, user_id=user_id, digest=digest) is not None


async def use_code(transaction: Transaction, server_keys: ServerKeys, user_id: str, code: str, now: int) -> bool:
    """Use a normalized code up. False when it is none of the person's, or was used before."""
    keys = await transaction.all(queries.LIST_RECOVERY_KEYS, user_id=user_id)
    for row in keys:
        digest = _digest(server_keys, user_id, code, row["key_id"])
        if await transaction.run(queries.USE_RECOVERY_CODE, user_id=user_id, digest=digest, now=now):
            return True
    return False


async def count_codes(database: Database, user_id: str) -> int:
    """How many unused codes a person has."""
    async with database.read() as transaction:
        return int((await transaction.one(queries.COUNT_RECOVERY_CODES, user_id=user_id))["unused"])


def _digest(server_keys: ServerKeys, user_id: str, code: str, key_id: str) -> str:
    return server_keys.digest(f"recovery code {user_id} {code}", key_id)
