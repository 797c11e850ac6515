"""ID tokens: what is accepted, and each way in which one can be false."""

import hmac
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from polar_client.oauth.errors import InvalidIdToken
from polar_client.oauth.id_tokens import Expected, Key, at_hash, check, read_header
from polar_client.oauth.saved import decoded, encoded

NOW = 1_800_000_000
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"})
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example",
    "sub": "ada",
    "aud": "app",
    "exp": NOW + 3600,
    "iat": NOW,
    "auth_time": NOW - 100,
    "nonce": "n",
    "at_hash": at_hash("token"),
}
EXPECTED = Expected("https://id.example", "app", "token", NOW, "n", 300)


def published(key: RSAKey | ECKey) -> Key:
    return msgspec.convert(key.as_dict(private=False), Key)


def signed(key: Any = EC, algorithm: str = "ES256", **claims: Any) -> str:
    merged = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "k"}, merged, key, algorithms=[algorithm])


@pytest.mark.parametrize("key,algorithm", [(RSA, "RS256"), (EC, "ES256")])
def test_both_algorithms(key: Any, algorithm: str) -> None:
    """A token that joserfc signed is accepted, with its claims."""
    token = signed(key, algorithm)
    assert (read_header(token).alg, read_header(token).kid) == (algorithm, "k")
    assert check(token, published(key), EXPECTED).sub == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["app"]},
        {"aud": ["app", "other"], "azp": "app"},
        {"azp": "app"},
        {"exp": NOW - 59},
        {"iat": NOW + 59},
        {"auth_time": NOW - 359},
        {"at_hash": None},
        {"new": True},
    ],
)
def test_claims_that_are_accepted(claims: dict[str, Any]) -> None:
    """Clocks may differ by a minute, audiences be several with azp, and unknown claims are ignored."""
    assert check(signed(**claims), published(EC), EXPECTED).sub == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.example/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["app", "other"]},
        {"aud": ["app", "other"], "azp": "other"},
        {"azp": "other"},
        {"exp": NOW - 60},
        {"exp": None},
        {"iat": NOW + 61},
        {"auth_time": NOW - 361},
        {"auth_time": None},
        {"nonce": "m"},
        {"nonce": None},
        {"nonce": 5},
        {"at_hash": at_hash("another")},
        {"sub": None},
    ],
)
def test_claims_that_are_refused(claims: dict[str, Any]) -> None:
    """Another issuer, client, time, nonce or access token is refused, and so is a claim that is missing."""
    with pytest.raises(InvalidIdToken):
        check(signed(**claims), published(EC), EXPECTED)


def _header(token: str, **members: Any) -> str:
    header, rest = token.split(".", 1)
    return encoded(json.dumps({**json.loads(decoded(header)), **members}).encode()) + "." + rest


def _payload(token: str) -> str:
    header, payload, signature = token.split(".")
    return ".".join((header, encoded(json.dumps({**json.loads(decoded(payload)), "sub": "eve"}).encode()), signature))


def _with_hmac(key: bytes) -> str:
    content = _header(signed(), alg="HS256").rpartition(".")[0]
    return f"{content}.{encoded(hmac.digest(key, content.encode(), 'sha256'))}"


def _short() -> tuple[str, Key]:
    key = rsa.generate_private_key(65537, 1024)
    numbers = key.public_key().public_numbers()
    content = _header(signed(), alg="RS256").rpartition(".")[0]
    signature = encoded(key.sign(content.encode(), padding.PKCS1v15(), SHA256()))
    n, e = (encoded(number.to_bytes(128)) for number in (numbers.n, numbers.e))
    return f"{content}.{signature}", Key(kty="RSA", n=n, e=e)


FORGED: dict[str, Callable[[], tuple[str, Key]]] = {
    "changed": lambda: (_payload(signed()), published(EC)),
    "another key": lambda: (signed(ECKey.generate_key("P-256")), published(EC)),
    "none": lambda: (_header(signed(), alg="none"), published(EC)),
    "no signature": lambda: (signed().rpartition(".")[0] + ".", published(EC)),
    "hmac with the public key": lambda: (_with_hmac(RSA.as_pem(private=False)), published(RSA)),
    "another algorithm than the key's": lambda: (_header(signed(), alg="RS256"), published(EC)),
    "a key of another kind": lambda: (signed(RSA, "RS256"), Key(**{**_members(EC), "alg": "RS256"})),
    "a short key": _short,
    "extensions": lambda: (_header(signed(), crit=["exp"]), published(EC)),
    "der instead of raw": lambda: (signed().rpartition(".")[0] + "." + encoded(b"0E" + bytes(69)), published(EC)),
    "two parts": lambda: (signed().rpartition(".")[0], published(EC)),
    "no base64": lambda: ("a.b.c", published(EC)),
    "no json": lambda: (encoded(b"[") + ".e30.x", published(EC)),
    "empty": lambda: ("", published(EC)),
    "a point that is on no curve": lambda: (signed(), Key(**{**_members(EC), "x": encoded(bytes(32))})),
}


def _members(key: RSAKey | ECKey) -> dict[str, Any]:
    found = published(key)
    return {name: getattr(found, name) for name in Key.__struct_fields__}


@pytest.mark.parametrize("forgery", FORGED)
def test_signatures_that_are_refused(forgery: str) -> None:
    """Whatever the server did not sign with this key and algorithm is refused, as an InvalidIdToken."""
    token, key = FORGED[forgery]()
    with pytest.raises(InvalidIdToken):
        check(token, key, EXPECTED)
