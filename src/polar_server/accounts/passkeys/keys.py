"""The passkeys of people: added, found, used, named, removed."""

import os
from dataclasses import dataclass

from polar_server.accounts.passkeys import queries
from polar_server.accounts.passkeys.ceremonies import NewKey, Use
from polar_server.accounts.visits import Visit
from polar_server.database import Database, Row, Transaction
from polar_server.oauth import tokens

MOST = 20
"""Passkeys of one person."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A row of passkeys. Times are epoch seconds; binary values are base64url."""

    id: str
    user_id: str
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    synced: bool
    created_at: int
    last_used_at: int | None


async def add_passkey(transaction: Transaction, user_id: str, key: NewKey, name: str, visit: Visit) -> bool:
    """Keep a key. False when it is kept already, for whomever, or the person has MOST of them."""
    if await count_passkeys(transaction, user_id) >= MOST:
        return False
    passkey_id = tokens.new_id(visit.now_ms, os.urandom(tokens.ID_BYTES))
    added = await transaction.run(
        queries.ADD,
        id=passkey_id,
        user_id=user_id,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=name,
        synced=key.synced,
        now=visit.now,
    )
    return added == 1


async def find_passkey(database: Database, credential_id: str) -> Passkey | None:
    """The passkey with this id of WebAuthn's, whosever it is."""
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND, credential_id=credential_id)
    return _passkey(row) if row else None


async def list_passkeys(database: Database, user_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    async with database.read() as transaction:
        rows = await transaction.all(queries.LIST, user_id=user_id)
    return [_passkey(row) for row in rows]


async def count_passkeys(transaction: Transaction, user_id: str) -> int:
    """How many passkeys a person has."""
    return int((await transaction.one(queries.COUNT, user_id=user_id))["passkeys"])


async def note_use(transaction: Transaction, passkey: Passkey, use: Use, now: int) -> bool:
    """Keep the key's counter. False when it has not grown, or the passkey is gone: then the use does not count."""
    noted = await transaction.run(
        queries.NOTE_USE, id=passkey.id, sign_count=use.sign_count, synced=use.synced, now=now
    )
    return noted == 1


async def rename_passkey(transaction: Transaction, user_id: str, passkey_id: str, name: str) -> bool:
    """False when it is not theirs."""
    return await transaction.run(queries.RENAME, id=passkey_id, user_id=user_id, name=name) == 1


async def remove_passkey(transaction: Transaction, user_id: str, passkey_id: str) -> str | None:
    """Forget a passkey; its name. None when it is not theirs. Ask `ways_in` before whether another way is left."""
    row = await transaction.first(queries.REMOVE, id=passkey_id, user_id=user_id)
    return row["name"] if row else None


async def remove_passkeys(transaction: Transaction, user_id: str) -> int:
    """Forget all passkeys of a person; how many that were."""
    return await transaction.run(queries.REMOVE_ALL, user_id=user_id)


def _passkey(row: Row) -> Passkey:
    passkey_id, user_id, credential_id, public_key, sign_count, name, synced, created_at, last_used_at = row
    return Passkey(
        passkey_id, user_id, credential_id, public_key, sign_count, name, bool(synced), created_at, last_used_at
    )
