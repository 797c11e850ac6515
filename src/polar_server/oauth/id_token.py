"""ID tokens: making, signing, and reading one back as a hint (OpenID Connect Core §2, RFC 7515, RFC 8725)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from .errors import InvalidRequest
from .keys import SigningKey
from .subjects import Subject, SubjectType

MAX_HINT = 4_096
_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PKCS1 = padding.PKCS1v15()


def claims(
    issuer: str, client_id: str, subject: Subject, *, auth_time: int, nonce: str | None, access_token: str, lifetime: int, now: int
) -> dict[str, object]:
    """The claims of an ID token (§2, §3.1.3.6). Profile and email stay at the userinfo endpoint (§5.4)."""
    members: dict[str, object] = {"iss": issuer, "sub": subject.id, "aud": client_id, "exp": now + lifetime, "iat": now}
    members["auth_time"] = auth_time
    members["at_hash"] = _at_hash(access_token)
    if subject.type is SubjectType.ORGANIZATION:
        members.update(subject.claims())
    # §3.1.3.7: present exactly when the request had one.
    if nonce is not None:
        members["nonce"] = nonce
    return members


def sign(members: Mapping[str, object], key: SigningKey) -> str:
    """The compact serialization (RFC 7515 §3.1). About 60 microseconds for ES256, and a millisecond without the GIL for RS256."""
    header = f'{{"alg":"{key.algorithm}","typ":"JWT","kid":"{key.kid}"}}'
    payload = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    signing_input = _base64url(header.encode()) + b"." + _base64url(payload.encode())
    return (signing_input + b"." + _base64url(_signature(signing_input, key))).decode()


def subject_of_hint(hint: str, keys: Iterable[SigningKey], issuer: str, client_id: str) -> str:
    """The `sub` of an id_token_hint that we signed for this client (§3.1.2.1); it may have expired. Raises InvalidRequest."""
    try:
        members = _verified(hint, {key.kid: key for key in keys})
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise InvalidRequest("id_token_hint is not an ID token of this server.", detail=f"id_token_hint: {type(error).__name__}") from error
    # RFC 8725 §3.8, §3.9: exactly this issuer, exactly this audience.
    if members.get("iss") != issuer or members.get("aud") != client_id or "at_hash" not in members:
        raise InvalidRequest("id_token_hint was issued to another client.")
    subject = members.get("act", {}).get("sub") or members.get("sub")
    return str(subject)


def _verified(text: str, keys: Mapping[str, SigningKey]) -> dict[str, Any]:
    """The payload of a compact JWS. The key alone decides the algorithm; the header is never trusted with it (RFC 8725 §3.1)."""
    if len(text) > MAX_HINT:
        raise ValueError("too long")
    signing_input, _, signature = text.rpartition(".")
    header_part, _, payload_part = signing_input.partition(".")
    header = _json_object(header_part)
    key = keys[header["kid"]]
    # RFC 7515 §4.1.11: no critical extension is understood; other members carry keys or compression.
    if header["alg"] != key.algorithm or not set(header) <= {"alg", "kid", "typ"} or header.get("typ", "JWT") != "JWT":
        raise ValueError("unexpected header")
    _check_signature(signing_input.encode("ascii"), _decoded(signature), key)
    return _json_object(payload_part)


def _signature(signing_input: bytes, key: SigningKey) -> bytes:
    if isinstance(key.private_key, rsa.RSAPrivateKey):
        return key.private_key.sign(signing_input, _PKCS1, _SHA256)
    r, s = decode_dss_signature(key.private_key.sign(signing_input, _ECDSA))
    return r.to_bytes(32) + s.to_bytes(32)


def _check_signature(signing_input: bytes, signature: bytes, key: SigningKey) -> None:
    public = key.private_key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, signing_input, _PKCS1, _SHA256)
        return
    if len(signature) != 64:
        raise ValueError("an ES256 signature has 64 bytes")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    public.verify(encode_dss_signature(r, s), signing_input, _ECDSA)


def _at_hash(access_token: str) -> str:
    """§3.1.3.6: the left half of the SHA-256 of the access token."""
    return _base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:16]).decode()


def _json_object(part: str) -> dict[str, Any]:
    value = json.loads(_decoded(part))
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
