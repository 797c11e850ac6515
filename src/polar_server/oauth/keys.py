"""Signing keys and their life (RFC 7517; rotation as in OpenID Connect Core §10.1.1).

pending: published, so that every cache knows it before it signs;
active: signs; retired: published, so that what it signed still verifies; removed.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ALGORITHMS = ("RS256", "ES256")
RSA_BITS = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyState(StrEnum):
    """Where a key is in its life: only an active one signs, and all but removed ones are published."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRED = "retired"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key with the moments of its life in seconds. The repr shows no key."""

    kid: str
    algorithm: str
    created_at: int
    active_from: int
    retired_at: int | None
    removed_at: int | None
    private_key: PrivateKey

    def __repr__(self) -> str:
        return f"<SigningKey {self.kid} {self.algorithm}>"

    def state(self, now: int) -> KeyState:
        if self.removed_at is not None and now >= self.removed_at:
            return KeyState.REMOVED
        if self.retired_at is not None and now >= self.retired_at:
            return KeyState.RETIRED
        return KeyState.ACTIVE if now >= self.active_from else KeyState.PENDING

    def jwk(self) -> dict[str, str]:
        """The public key as published: public members only, with kid, use and alg."""
        return {**_public_members(self.private_key), "kid": self.kid, "use": "sig", "alg": self.algorithm}


def generate(algorithm: str) -> PrivateKey:
    """A new private key for RS256 (2048 bits) or ES256."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def thumbprint(key: PrivateKey) -> str:
    """The JWK thumbprint (RFC 7638), which serves as the kid."""
    canonical = json.dumps(_public_members(key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def active(keys: Iterable[SigningKey], algorithm: str, now: int) -> SigningKey:
    """The key that signs: the youngest active one. Raises LookupError when there is none."""
    candidates = [key for key in keys if key.algorithm == algorithm and key.state(now) is KeyState.ACTIVE]
    if not candidates:
        raise LookupError(f"no active signing key for {algorithm}")
    return max(candidates, key=lambda key: (key.active_from, key.kid))


def published(keys: Iterable[SigningKey], now: int) -> list[SigningKey]:
    """The keys of the key set: pending, active and retired ones, oldest first."""
    return sorted(
        (key for key in keys if key.state(now) is not KeyState.REMOVED), key=lambda key: (key.created_at, key.kid)
    )


def dump(key: PrivateKey) -> bytes:
    """PKCS #8, to be sealed before it is stored."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load(raw: bytes) -> PrivateKey:
    """The private key from PKCS #8. Raises ValueError, also for a key that none of ALGORITHMS uses."""
    key = serialization.load_der_private_key(raw, password=None)
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("neither an RSA key nor one on P-256")


def _public_members(key: PrivateKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    point = key.public_key().public_numbers()
    return {"crv": "P-256", "kty": "EC", "x": _number(point.x, 32), "y": _number(point.y, 32)}


def _number(value: int, length: int | None = None) -> str:
    return _base64url(value.to_bytes(length or (value.bit_length() + 7) // 8))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
