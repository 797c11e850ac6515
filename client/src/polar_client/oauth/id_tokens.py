"""ID tokens, checked (OpenID Connect Core §3.1.3.7): signature, issuer, audience, time, nonce, at_hash.

RS256 and ES256, with `cryptography` alone: the server signs with nothing else, and a library of all of JOSE would only
add algorithms that a forged token could ask for.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from polar_client.oauth.errors import InvalidIdToken
from polar_client.oauth.saved import decoded, encoded
from polar_client.shapes import Shape

T = TypeVar("T")

LEEWAY = 60
"""Seconds by which the clocks of server and client may differ."""


class Actor(Shape, kw_only=True):
    """The person who acts for an organization."""

    sub: str


class Claims(Shape, kw_only=True):
    """Who signed in, to which client, when. `sub` is the organization when `sub_type` says so, and `act` the person."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int
    iat: int
    nonce: str | None = None
    at_hash: str | None = None
    auth_time: int | None = None
    azp: str | None = None
    sub_type: str = "user"
    act: Actor | None = None


class Key(Struct):
    """A public key of the server (RFC 7517)."""

    kty: str
    kid: str = ""
    alg: str | None = None
    use: str | None = None
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


class KeySet(Struct):
    """The keys that the server publishes."""

    keys: list[Key]


class Header(Struct):
    """The header of a signed token (RFC 7515 §4)."""

    alg: str
    kid: str = ""
    crit: list[str] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Expected:
    """What the claims must say. `nonce` is None at a refresh, where there is none to compare."""

    issuer: str
    client_id: str
    access_token: str
    now: int
    nonce: str | None = None
    max_age: int | None = None


def read_header(id_token: str) -> Header:
    """The header, to find the key by. Raises InvalidIdToken."""
    header = _decode(id_token.partition(".")[0], Header)
    if header.crit is not None:
        raise InvalidIdToken("The ID token asks for extensions that are not known here.")
    return header


def check(id_token: str, key: Key, expected: Expected) -> Claims:
    """The claims of an ID token that this key signed and that says what it must. Raises InvalidIdToken."""
    parts = id_token.split(".")
    if len(parts) != 3:
        raise InvalidIdToken("The ID token is no signed token.")
    _check_signature(read_header(id_token), key, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
    claims = _decode(parts[1], Claims)
    _check_parties(claims, expected)
    _check_times(claims, expected)
    if expected.nonce is not None and not _same(claims.nonce, expected.nonce):
        raise InvalidIdToken("The ID token belongs to another sign-in: its nonce is not ours.")
    if claims.at_hash is not None and not _same(claims.at_hash, at_hash(expected.access_token)):
        raise InvalidIdToken("The ID token belongs to another access token.")
    return claims


def at_hash(access_token: str) -> str:
    """The left half of the access token's SHA-256 (§3.1.3.6)."""
    return encoded(hashlib.sha256(access_token.encode()).digest()[:16])


def _check_parties(claims: Claims, expected: Expected) -> None:
    if claims.iss != expected.issuer:
        raise InvalidIdToken("The ID token is another issuer's.")
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    # With several audiences, azp says for which of them it was made.
    maker = audience[0] if len(audience) == 1 else claims.azp
    if expected.client_id not in audience or maker != expected.client_id or claims.azp not in (None, maker):
        raise InvalidIdToken("The ID token is another client's.")


def _check_times(claims: Claims, expected: Expected) -> None:
    if expected.now >= claims.exp + LEEWAY:
        raise InvalidIdToken("The ID token has expired.")
    if claims.iat > expected.now + LEEWAY:
        raise InvalidIdToken("The ID token is from the future. Is the clock of this machine right?")
    if expected.max_age is None:
        return
    if claims.auth_time is None or expected.now > claims.auth_time + expected.max_age + LEEWAY:
        raise InvalidIdToken("The person signed in longer ago than was asked for.")


def _check_signature(header: Header, key: Key, signed: bytes, signature: bytes) -> None:
    """The key decides how it is used: one that says RS256 verifies nothing else."""
    verifiers = {"RS256": _verify_rs256, "ES256": _verify_es256}
    if header.alg not in verifiers or (key.alg or header.alg) != header.alg:
        raise InvalidIdToken("The ID token is signed with an algorithm that is not accepted.")
    try:
        verifiers[header.alg](key, signed, signature)
    except (InvalidSignature, ValueError):
        raise InvalidIdToken("The ID token is not signed by this server.") from None


def _verify_rs256(key: Key, signed: bytes, signature: bytes) -> None:
    numbers = rsa.RSAPublicNumbers(_number(key.e), _number(key.n))
    public_key = numbers.public_key()
    # RFC 7518 §3.3: at least 2048 bits.
    if key.kty != "RSA" or public_key.key_size < 2048:
        raise ValueError("not an RSA key of 2048 bits")
    public_key.verify(signature, signed, padding.PKCS1v15(), SHA256())


def _verify_es256(key: Key, signed: bytes, signature: bytes) -> None:
    # RFC 7518 §3.4: two numbers of 32 bytes each, on P-256.
    if key.kty != "EC" or key.crv != "P-256" or len(signature) != 64:
        raise ValueError("not a P-256 key and signature")
    public_key = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), ec.SECP256R1()).public_key()
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    public_key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))


def _decode(part: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(_bytes(part), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidIdToken("The ID token cannot be read.") from None


def _bytes(part: str) -> bytes:
    try:
        return decoded(part)
    except ValueError:
        raise InvalidIdToken("The ID token cannot be read.") from None


def _number(text: str) -> int:
    return int.from_bytes(decoded(text))


def _same(given: str | None, expected: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())
