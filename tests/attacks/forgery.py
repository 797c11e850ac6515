"""Forged ID tokens: what attackers have made of JSON Web Signatures (RFC 8725 §2)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.attacks.server import ISSUER
from tests.attacks.values import Values
from tests.attacks.world import World

from polar_server.oauth import id_token
from polar_server.oauth.keys import SigningKey

_SHA256 = hashes.SHA256()


def genuine(values: Values, *, retired: bool = False) -> str:
    """An ID token as the server signs them, by its present key or by the one before."""
    return id_token.sign(_claims(values), _signing_key(values.world, retired=retired))


def _hs256_with_public_key(values: Values) -> str:
    """HMAC with the published key as the secret: works where the header chooses the algorithm."""
    key = _signing_key(values.world)
    pem = _private(key).public_key().public_bytes(*_PEM)
    signed = _signing_input({"alg": "HS256", "typ": "JWT", "kid": key.kid}, _claims(values))
    return _joined(signed, hmac.digest(pem, signed, hashlib.sha256))


def _embedded_jwk(values: Values) -> str:
    """The attacker's own key, in the header."""
    attacker = _new_key()
    return _rs256(_header(values, jwk=_jwk(attacker)), _claims(values), attacker)


def _remote_jku(values: Values) -> str:
    """The attacker's own key, at an address."""
    address = f"https://{values['canary']}/jwks.json"
    return _rs256(_header(values, jku=address), _claims(values), _new_key())


def _kid_injection(values: Values) -> str:
    """A kid that would end a quoted string of SQL."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "' UNION SELECT 'x"}
    return _rs256(header, _claims(values), _new_key())


def _pbes2_bomb(_: Values) -> str:
    """An encrypted token that asks for two thousand million rounds of key derivation."""
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": _base64url(b"s" * 16)}
    parts = [json.dumps(header).encode(), b"k" * 24, b"v" * 12, b"text", b"t" * 16]
    return ".".join(_base64url(part) for part in parts)


def _of_another_client(values: Values) -> str:
    """Genuine, and issued to client B."""
    return values.world.tokens(values.world.client_b, values.world.ada)["id_token"]


def _issuer_prefix(values: Values) -> str:
    """Signed by the server's own key, for an issuer that only begins like it."""
    return id_token.sign(_claims(values) | {"iss": ISSUER[:-1]}, _signing_key(values.world))


def _other_signature_algorithm(values: Values) -> str:
    """The header says RS256; the signature is the one that the same key makes for PS256."""
    signed = _signing_input(_header(values), _claims(values))
    pss = padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH)
    return _joined(signed, _private(_signing_key(values.world)).sign(signed, pss, _SHA256))


def _of_another_type(values: Values) -> str:
    """Signed by the server's own key, as an access token (RFC 9068 §2.1)."""
    claims = {name: value for name, value in _claims(values).items() if name != "at_hash"}
    header = _header(values) | {"typ": "at+jwt"}
    return _rs256(header, claims | {"scope": "openid"}, _private(_signing_key(values.world)))


FORGERIES: Mapping[str, Callable[[Values], str]] = {
    "hint_hs256_with_public_key": _hs256_with_public_key,
    "hint_embedded_jwk": _embedded_jwk,
    "hint_remote_jku": _remote_jku,
    "hint_kid_injection": _kid_injection,
    "hint_pbes2_bomb": _pbes2_bomb,
    "hint_of_another_client": _of_another_client,
    "hint_issuer_prefix": _issuer_prefix,
    "hint_other_signature_algorithm": _other_signature_algorithm,
    "hint_of_another_type": _of_another_type,
}
"""Situations whose id_token_hint is forged."""

_PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_ids(world: World) -> tuple[str, str]:
    """The kid of the retired RS256 key, and of the present one."""
    return _signing_key(world, retired=True).kid, _signing_key(world).kid


def _claims(values: Values) -> dict[str, Any]:
    """Everything right for Ada at client A, so that only the forged part can be wrong."""
    now = int(time.time())
    members = {"iss": ISSUER, "sub": values["victim_user_id"], "aud": values["client_id"], "exp": now + 600, "iat": now}
    return members | {"auth_time": now, "at_hash": _base64url(b"h" * 16)}


def _header(values: Values, **members: Any) -> dict[str, Any]:
    return {"alg": "RS256", "typ": "JWT", "kid": _signing_key(values.world).kid, **members}


def _signing_key(world: World, *, retired: bool = False) -> SigningKey:
    return next(k for k in world.signing_keys if k.algorithm == "RS256" and (k.retired_at is not None) is retired)


def _private(key: SigningKey) -> rsa.RSAPrivateKey:
    assert isinstance(key.private_key, rsa.RSAPrivateKey)
    return key.private_key


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": _base64url(numbers.n.to_bytes(256)), "e": "AQAB"}


def _rs256(header: Mapping[str, Any], claims: Mapping[str, Any], key: rsa.RSAPrivateKey) -> str:
    signed = _signing_input(header, claims)
    return _joined(signed, key.sign(signed, padding.PKCS1v15(), _SHA256))


def _signing_input(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    return ".".join(_base64url(_json(part)) for part in (header, claims)).encode()


def _json(part: Mapping[str, Any]) -> bytes:
    # The server's own form, so that a header differs from a genuine one only where it is meant to.
    return json.dumps(part, separators=(",", ":")).encode()


def _joined(signed: bytes, signature: bytes) -> str:
    return f"{signed.decode()}.{_base64url(signature)}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
