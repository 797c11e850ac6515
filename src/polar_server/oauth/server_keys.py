"""What we keep of secrets: keyed digests and sealed values (RFC 6819 §5.1.4.1.3).

The server keys live outside the database, so a stolen database opens nothing.
The first key is used for everything new; the others still verify and open what
was made under them. Each row stores the id of its key.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID_LENGTH = 8
_NONCE_LENGTH = 12
# RFC 2104 §2: the key, filled to a block of 64 bytes, is mixed with these.
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class SealBroken(Exception):
    """A sealed value was changed, moved to another row, or sealed under a key we do not have."""


class ServerKeys:
    """The server keys, newest first; purposes get keys of their own derived from them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one server key is needed")
        self._roots = {_key_id(key): key for key in keys}
        # Stands in for a key that we do not have: the answer is a mismatch and takes the same time.
        self._nobodys_key = os.urandom(32)
        self._nobodys_digest = _hmac(self._nobodys_key)
        self._purpose_keys: dict[tuple[str, str], bytes] = {}
        self._digests = {key_id: _hmac(self._purpose_key("digest", key_id)) for key_id in self._roots}
        self.key_id = _key_id(keys[0])
        """The id of the key that new digests are made with; rows keep it."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys that we have, the newest first."""
        return tuple(self._roots)

    def digest(self, secret: str, key_id: str | None = None) -> str:
        """HMAC-SHA-256 of a secret in hex. An unknown key id gives a digest that equals nothing."""
        digest = self._digests.get(self.key_id if key_id is None else key_id, self._nobodys_digest)
        return digest(secret.encode("utf-8", "surrogatepass"))

    def matches(self, secret: str, digest: str, key_id: str) -> bool:
        """Whether the digest was made of this secret, in constant time."""
        return hmac.compare_digest(self.digest(secret, key_id).encode(), digest.encode())

    def derive(self, purpose: str, text: str, key_id: str | None = None) -> bytes:
        """32 bytes that only a holder of the server key and of `text` can compute."""
        key = self._purpose_key(purpose, self.key_id if key_id is None else key_id)
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")

    def seal(self, purpose: str, plaintext: bytes, place: str) -> str:
        """AES-256-GCM, as `key id:nonce and ciphertext in hex`. `place` (table, row, column) is authenticated."""
        nonce = os.urandom(_NONCE_LENGTH)
        sealed = AESGCM(self._purpose_key(purpose, self.key_id)).encrypt(nonce, plaintext, place.encode())
        return f"{self.key_id}:{(nonce + sealed).hex()}"

    def is_current(self, sealed: str) -> bool:
        """Whether a value is sealed under the newest server key."""
        return sealed.startswith(f"{self.key_id}:")

    def open(self, purpose: str, sealed: str, place: str) -> bytes:
        """The plaintext. Raises SealBroken."""
        key_id, _, text = sealed.partition(":")
        if key_id not in self._roots:
            raise SealBroken(f"sealed under the server key {key_id}, which is not configured")
        try:
            raw = bytes.fromhex(text)
            nonce, ciphertext = raw[:_NONCE_LENGTH], raw[_NONCE_LENGTH:]
            return AESGCM(self._purpose_key(purpose, key_id)).decrypt(nonce, ciphertext, place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"{place} does not open under the server key {key_id}") from error

    def _purpose_key(self, purpose: str, key_id: str) -> bytes:
        key = self._purpose_keys.get((purpose, key_id))
        if key is not None:
            return key
        # Not remembered: key ids can come from outside, in sealed values and form tokens.
        if key_id not in self._roots:
            return self._nobodys_key
        key = hmac.digest(self._roots[key_id], b"polar-server " + purpose.encode(), "sha256")
        self._purpose_keys[purpose, key_id] = key
        return key


def _hmac(key: bytes) -> Callable[[bytes], str]:
    """HMAC-SHA-256 in hex under one key (RFC 2104 §2): a third of the time of a copied `hmac.HMAC`."""
    block = key.ljust(64, b"\0")
    keyed_inner, keyed_outer = hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))

    def digest(message: bytes) -> str:
        inner, outer = keyed_inner.copy(), keyed_outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()

    return digest


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id" + key).hexdigest()[:KEY_ID_LENGTH]
