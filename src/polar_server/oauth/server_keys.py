"""What we keep of secrets: keyed digests and sealed values (RFC 6819 §5.1.4.1.3).

The server keys live outside the database, so a stolen database opens nothing.
The first key is used for everything new; the others still verify and open what
was made under them. Each row stores the id of its key.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID_LENGTH = 8


class SealBroken(Exception):
    """A sealed value was changed, moved to another row, or sealed under a key we do not have."""


class ServerKeys:
    """The server keys, newest first; purposes get keys of their own derived from them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one server key is needed")
        self._digest_keys: dict[str, hmac.HMAC] = {}
        self._purpose_keys: dict[tuple[str, str], bytes] = {}
        self._roots = {_key_id(key): key for key in keys}
        self.key_id = _key_id(keys[0])
        """The id of the key that new digests are made with; rows keep it."""

    def digest(self, secret: str, key_id: str | None = None) -> str:
        """HMAC-SHA-256 of a secret in hex. An unknown key id gives a digest that equals nothing."""
        keyed = self._digest_key(key_id or self.key_id).copy()
        keyed.update(secret.encode("utf-8", "surrogatepass"))
        return keyed.hexdigest()

    def matches(self, secret: str, digest: str, key_id: str) -> bool:
        """Whether the digest was made of this secret, in constant time."""
        return hmac.compare_digest(self.digest(secret, key_id).encode(), digest.encode())

    def derive(self, purpose: str, text: str, key_id: str | None = None) -> bytes:
        """32 bytes that only a holder of the server key and of `text` can compute."""
        key = self._purpose_key(purpose, key_id or self.key_id)
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")

    def seal(self, purpose: str, plaintext: bytes, place: str) -> str:
        """AES-256-GCM, as `key id:nonce and ciphertext in hex`. `place` (table, row, column) is authenticated."""
        nonce = os.urandom(12)
        sealed = AESGCM(self._purpose_key(purpose, self.key_id)).encrypt(nonce, plaintext, place.encode())
        return f"{self.key_id}:{(nonce + sealed).hex()}"

    def open(self, purpose: str, sealed: str, place: str) -> bytes:
        """The plaintext. Raises SealBroken."""
        key_id, _, text = sealed.partition(":")
        if key_id not in self._roots:
            raise SealBroken(f"sealed under the server key {key_id}, which is not configured")
        raw = bytes.fromhex(text)
        try:
            return AESGCM(self._purpose_key(purpose, key_id)).decrypt(raw[:12], raw[12:], place.encode())
        except InvalidTag as error:
            raise SealBroken(f"{place} does not open under the server key {key_id}") from error

    def _digest_key(self, key_id: str) -> hmac.HMAC:
        keyed = self._digest_keys.get(key_id)
        if keyed is None:
            keyed = self._digest_keys[key_id] = hmac.new(self._purpose_key("digest", key_id), digestmod="sha256")
        return keyed

    def _purpose_key(self, purpose: str, key_id: str) -> bytes:
        key = self._purpose_keys.get((purpose, key_id))
        if key is None:
            # Without the root, a throw-away key: the answer is a mismatch and takes the same time.
            root = self._roots.get(key_id) or os.urandom(32)
            key = hmac.digest(root, b"polar-server " + purpose.encode(), "sha256")
            if key_id in self._roots:
                self._purpose_keys[purpose, key_id] = key
        return key


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id" + key).hexdigest()[:KEY_ID_LENGTH]
