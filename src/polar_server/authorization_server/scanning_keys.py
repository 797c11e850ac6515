"""The public keys of whoever reports leaked tokens: a list in GitHub's format, from its address or from a file."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from polar_server.outbound import Outbound, Refused, Unreachable

KEPT = 86_400
"""Seconds for which a list is believed."""
ASK_EVERY = 60
"""Seconds between two looks for a key that is not in the list: anybody can name one."""

log = structlog.get_logger()


class KeysUnavailable(Exception):
    """There is no list of keys to be had now, so nothing can be verified."""


class _ListedKey(msgspec.Struct):
    key_identifier: str
    key: str


class _KeyList(msgspec.Struct):
    public_keys: list[_ListedKey]


_read_list = msgspec.json.Decoder(_KeyList).decode


class ScanningKeys:
    """The keys by their ids. `source` is an https URL or a path; empty when reports are not taken."""

    def __init__(self, source: str, outbound: Outbound, clock: Callable[[], float]) -> None:
        self.source = source
        self._outbound, self._clock = outbound, clock
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self._believed_until = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def find(self, key_id: str) -> ec.EllipticCurvePublicKey | None:
        """The key with this id. Raises KeysUnavailable."""
        if key_id not in self._keys or self._clock() >= self._believed_until:
            async with self._asking:
                await self._refresh(key_id)
        return self._keys.get(key_id)

    async def _refresh(self, key_id: str) -> None:
        now = self._clock()
        is_fresh = now < self._believed_until
        if (is_fresh and key_id in self._keys) or now < self._asked_at + ASK_EVERY:
            if not self._keys:
                raise KeysUnavailable
            return
        self._asked_at = now
        try:
            self._keys = read_keys(await self._load())
        except (Refused, Unreachable, OSError, ValueError) as error:
            log.warning("scanning_keys_unavailable", reason=str(error))
            if not is_fresh:
                # A key may have been taken back since: an old list is not believed for ever.
                self._keys = {}
                raise KeysUnavailable from error
            return
        self._believed_until = now + KEPT

    async def _load(self) -> bytes:
        if not self.source.startswith(("https://", "http://")):
            return await asyncio.to_thread(Path(self.source).read_bytes)
        answer = await self._outbound.get(self.source, {"accept": "application/json", "user-agent": "polar-server"})
        if answer.status != 200:
            raise Unreachable(f"The list of keys was answered with {answer.status}.")
        return answer.body


def read_keys(document: bytes) -> dict[str, ec.EllipticCurvePublicKey]:
    """The P-256 keys of a list by their ids. Raises ValueError when it is no list, or has no such key."""
    keys = {listed.key_identifier: _public_key(listed.key) for listed in _read_list(document).public_keys}
    found = {key_id: key for key_id, key in keys.items() if key is not None}
    if not found:
        raise ValueError("there is no P-256 key in the list")
    return found


def is_signed(body: bytes, signature: str, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether this base64 text is the key's ECDSA signature of the body, with SHA-256."""
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _public_key(pem: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


GivenScanningKeys = NamedDependency[SkipValidation[ScanningKeys]]
"""The parameter of an endpoint: what Litestar hands in by its name."""
