"""Challenges that passkeys sign (Web Authentication Level 3 §13.4.3): for one browser, one purpose, ten minutes, once.

Nothing is stored when a page shows one: a challenge carries its end and a proof that we made it. Only that it was
answered is stored, so that no answer is taken twice.
"""

import json
import os
from enum import StrEnum
from hmac import compare_digest

from polar_server.accounts.passkeys import queries
from polar_server.database import Transaction
from polar_server.oauth.server_keys import KEY_ID_LENGTH, ServerKeys

LIFETIME = 600
"""Seconds for which a page may be open before its passkey is asked for."""

_NONCE, _TIME, _PROOF = 16, 8, 32
_HEAD = KEY_ID_LENGTH + _NONCE + _TIME


class Ceremony(StrEnum):
    """What a challenge is for; an answer to another one is refused."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    CONFIRM = "confirm"


def make(server_keys: ServerKeys, ceremony: Ceremony, binding: str, now: int) -> bytes:
    """A new challenge for the browser that `binding` stands for (see `Pages.binding`)."""
    head = server_keys.key_id.encode() + os.urandom(_NONCE) + (now + LIFETIME).to_bytes(_TIME)
    return head + _proof(server_keys, ceremony, binding, head)


def is_live(server_keys: ServerKeys, challenge: bytes, ceremony: Ceremony, binding: str, now: int) -> bool:
    """Whether we made this challenge for this purpose and browser, and it is not too old."""
    head, proof = challenge[:_HEAD], challenge[_HEAD:]
    if len(proof) != _PROOF or _end(head) <= now:
        return False
    return compare_digest(proof, _proof(server_keys, ceremony, binding, head))


async def spend(transaction: Transaction, challenge: bytes) -> bool:
    """Take the challenge's one answer. False when there was one before."""
    return await transaction.run(queries.SPEND, challenge=challenge.hex(), expires_at=_end(challenge[:_HEAD])) == 1


def _end(head: bytes) -> int:
    return int.from_bytes(head[-_TIME:])


def _proof(server_keys: ServerKeys, ceremony: Ceremony, binding: str, head: bytes) -> bytes:
    key_id = head[:KEY_ID_LENGTH].decode("latin-1")
    return server_keys.derive("passkey challenge", json.dumps([ceremony, binding, head.hex()]), key_id)
