"""Signing keys and their life (RFC 7517, RFC 7638, OpenID Connect Core §10.1.1)."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.oauth.samples import EC_7515, EC_7517, ES256_KEY, NOW, RS256_KEY, RSA_7515, RSA_7517, signing_key

from polar_server.oauth import keys
from polar_server.oauth.keys import KeyState, PrivateKey, SigningKey

N_7517 = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
    "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
    "kEgU8awapJzKnqDKgw"
)


def test_rsa_key() -> None:
    """RFC 7517 appendix A.1: the printed RSA key is published with its public members only."""
    assert signing_key(RSA_7517, kid="2011-04-29").jwk() == {
        "kty": "RSA",
        "n": N_7517,
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
        "use": "sig",
    }


def test_elliptic_curve_key() -> None:
    """RFC 7517 appendix A.1: the printed P-256 key, likewise."""
    assert signing_key(EC_7517, kid="1").jwk() == {
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "alg": "ES256",
        "kid": "1",
        "use": "sig",
    }


def test_thumbprint() -> None:
    """RFC 7638 §3.1: the printed key has the printed thumbprint."""
    assert keys.thumbprint(RSA_7517) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_thumbprint_of_an_elliptic_curve_key() -> None:
    """RFC 7638 §3.2: only crv, kty, x and y count, in this order."""
    assert keys.thumbprint(EC_7517) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_coordinates_have_their_full_length() -> None:
    """RFC 7518 §6.2.1.2: a coordinate with leading zeros is still 32 bytes."""
    candidates = (ec.derive_private_key(d, ec.SECP256R1()) for d in range(1, 5000))
    private = next(key for key in candidates if key.public_key().public_numbers().x.bit_length() <= 248)
    jwk = signing_key(private).jwk()
    assert [len(base64.urlsafe_b64decode(jwk[name] + "=")) for name in "xy"] == [32, 32]


@pytest.mark.parametrize("private", [RSA_7515, EC_7515])
def test_dump_and_load(private: PrivateKey) -> None:
    """A key that was stored signs as the same key."""
    assert keys.thumbprint(keys.load(keys.dump(private))) == keys.thumbprint(private)


def _other_kinds() -> list[bytes]:
    made = ec.derive_private_key(1, ec.SECP384R1()), ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    pkcs8 = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return [key.private_bytes(*pkcs8) for key in made]


@pytest.mark.parametrize("raw", [b"", b"no key", *_other_kinds()], ids=["nothing", "no key", "P-384", "Ed25519"])
def test_no_key_of_ours(raw: bytes) -> None:
    """What is no RSA or P-256 key is refused when it is loaded, not when it should sign."""
    with pytest.raises(ValueError, match=r".+"):
        keys.load(raw)


def test_generated_keys() -> None:
    """RFC 7518 §3.3, §3.4: a new key has 2048 bits or lies on P-256."""
    made = keys.generate("RS256"), keys.generate("ES256")
    assert isinstance(made[0], rsa.RSAPrivateKey)
    assert made[0].key_size == 2048
    assert isinstance(made[1], ec.EllipticCurvePrivateKey)
    assert isinstance(made[1].curve, ec.SECP256R1)


@pytest.mark.parametrize(
    "seconds, state",
    [
        (-1, KeyState.PENDING),
        (0, KeyState.ACTIVE),
        (99, KeyState.ACTIVE),
        (100, KeyState.RETIRED),
        (199, KeyState.RETIRED),
        (200, KeyState.REMOVED),
        (10_000, KeyState.REMOVED),
    ],
)
def test_states(seconds: int, state: KeyState) -> None:
    """A key is pending, active, retired and removed, each from the second that says so."""
    key = signing_key(EC_7515, active_from=NOW, retired_at=NOW + 100, removed_at=NOW + 200)
    assert key.state(NOW + seconds) is state


def test_key_without_an_end() -> None:
    """A key that was never replaced signs for good."""
    assert signing_key(EC_7515).state(NOW + 10**9) is KeyState.ACTIVE


PENDING = signing_key(EC_7515, kid="pending", active_from=NOW + 100, created_at=NOW - 10)
YOUNG = signing_key(EC_7515, kid="young", active_from=NOW - 10, created_at=NOW - 20)
OLD = signing_key(EC_7515, kid="old", active_from=NOW - 100, created_at=NOW - 110)
RETIRED = signing_key(EC_7515, kid="retired", active_from=NOW - 200, created_at=NOW - 210, retired_at=NOW)
REMOVED = signing_key(EC_7515, kid="removed", retired_at=NOW - 9, removed_at=NOW)
OTHER = signing_key(RSA_7515, kid="other", active_from=NOW - 1, created_at=NOW - 300)
LIFE = [PENDING, YOUNG, OLD, RETIRED, REMOVED, OTHER]


def test_which_key_signs() -> None:
    """The youngest active key of the algorithm signs; a pending one waits until every cache knows it."""
    assert keys.active(LIFE, "ES256", NOW) is YOUNG
    assert keys.active(LIFE, "RS256", NOW) is OTHER
    assert keys.active(LIFE, "ES256", NOW + 100) is PENDING


def test_no_key_signs() -> None:
    """Without an active key there is an error that names the algorithm."""
    with pytest.raises(LookupError, match="ES256"):
        keys.active([PENDING, RETIRED, REMOVED, OTHER], "ES256", NOW)


def test_which_keys_are_published() -> None:
    """All but removed keys are published, oldest first."""
    assert keys.published(LIFE, NOW) == [OTHER, RETIRED, OLD, YOUNG, PENDING]


@pytest.mark.parametrize("key", [RS256_KEY, ES256_KEY])
def test_repr_shows_no_key(key: SigningKey) -> None:
    """A key in a traceback or a log shows its id and algorithm only."""
    assert repr(key) == f"<SigningKey {key.kid} {key.algorithm}>"
