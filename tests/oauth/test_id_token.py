"""ID tokens and hints (OpenID Connect Core §2, RFC 7515, RFC 8725)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import import_key
from tests.oauth.samples import (
    CLIENT_ID,
    EC_7515,
    EC_7517,
    ES256_KEY,
    ISSUER,
    NOW,
    ORGANIZATION,
    PERSON,
    RS256_KEY,
    RSA_7515,
    RSA_7517,
    signing_key,
)

from polar_server.oauth import id_token
from polar_server.oauth.authorization import MAX_NONCE
from polar_server.oauth.errors import InvalidRequest
from polar_server.oauth.id_token import MAX_HINT
from polar_server.oauth.keys import SigningKey
from polar_server.oauth.subjects import Subject

KEYS = [RS256_KEY, ES256_KEY]
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
# RFC 7515 appendices A.2.1 and A.3.1.
PAYLOAD_7515 = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
SIGNATURE_A2 = (
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw"
)
SIGNATURE_A3 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"


def encode(value: object) -> str:
    """base64url of bytes as they are, of anything else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def claims(subject: Subject = PERSON, **changes: Any) -> dict[str, object]:
    values: dict[str, Any] = {
        "auth_time": NOW - 5,
        "nonce": None,
        "access_token": ACCESS_TOKEN,
        "lifetime": 3600,
        "now": NOW,
    }
    return id_token.claims(ISSUER, CLIENT_ID, subject, **values | changes)


def hinted(hint: str, keys: list[SigningKey] = KEYS) -> str:
    return id_token.subject_of_hint(hint, keys, ISSUER, CLIENT_ID)


def test_claims() -> None:
    """Core §2, §3.1.3.6: the claims of a person's token, with the at_hash of Core's own example (A.4)."""
    assert claims() == {
        "iss": ISSUER,
        "sub": "person-1",
        "aud": CLIENT_ID,
        "exp": NOW + 3600,
        "iat": NOW,
        "auth_time": NOW - 5,
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
    }


def test_nonce() -> None:
    """Core §3.1.3.7: the nonce comes back exactly when there was one, an odd one too."""
    assert claims(nonce='"\\é')["nonce"] == '"\\é'
    assert decode(id_token.sign(claims(nonce='"\\é'), ES256_KEY).split(".")[1])["nonce"] == '"\\é'
    assert "nonce" not in claims()


def test_organization() -> None:
    """RFC 8693 §4.1: an organization's token names the organization, and the person as actor."""
    made = claims(ORGANIZATION)
    assert (made["sub"], made["sub_type"], made["act"]) == ("organization-1", "organization", {"sub": "person-1"})


def test_rs256_vector() -> None:
    """RFC 7515 appendix A.2: the printed RSA key makes the printed signature."""
    signing_input = f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD_7515}".encode()
    assert encode(id_token._signature(signing_input, RS256_KEY)) == SIGNATURE_A2


def test_es256_vector() -> None:
    """RFC 7515 appendix A.3: the printed signature verifies with the printed P-256 key, and with no other."""
    signing_input = f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD_7515}".encode()
    assert id_token._is_signed(signing_input, SIGNATURE_A3.encode(), ES256_KEY)
    assert not id_token._is_signed(signing_input + b"x", SIGNATURE_A3.encode(), ES256_KEY)
    assert not id_token._is_signed(signing_input, SIGNATURE_A3.encode(), signing_key(EC_7517))


@pytest.mark.parametrize("key", KEYS)
def test_others_can_verify(key: SigningKey) -> None:
    """RFC 7515 §5.2: another implementation verifies a token with the published key."""
    token = jwt.decode(id_token.sign(claims(nonce="é"), key), import_key(dict(key.jwk())), algorithms=[key.algorithm])
    assert token.claims == claims(nonce="é")
    assert token.header == {"alg": key.algorithm, "typ": "JWT", "kid": key.kid}


@pytest.mark.parametrize("key", KEYS)
def test_hint(key: SigningKey) -> None:
    """Core §3.1.2.1: an ID token of ours is a hint, also long after it has expired."""
    assert hinted(id_token.sign(claims(now=NOW - 10**7), key)) == "person-1"


def test_hint_of_an_organization() -> None:
    """The person of an organization's token is the one who consented."""
    assert hinted(id_token.sign(claims(ORGANIZATION), ES256_KEY)) == "person-1"


def test_hint_of_a_replaced_key() -> None:
    """A hint works while its key is published, and no longer."""
    old = signing_key(EC_7517, retired_at=NOW)
    token = id_token.sign(claims(), old)
    assert hinted(token, [*KEYS, old]) == "person-1"
    with pytest.raises(InvalidRequest):
        hinted(token)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://id.exampl"}, id="iss is a part of ours (CVE-2024-53861)"),
        pytest.param({"iss": ISSUER + "/"}, id="iss with a slash"),
        pytest.param({"iss": [ISSUER]}, id="iss in a list"),
        pytest.param({"iss": None}, id="no iss"),
        pytest.param({"aud": "other"}, id="aud of another client"),
        pytest.param({"aud": [CLIENT_ID, "other"]}, id="aud of several clients"),
        pytest.param({"aud": CLIENT_ID[:-1]}, id="aud is a part of ours"),
        pytest.param({"aud": None}, id="no aud"),
        pytest.param({"at_hash": None}, id="no ID token (RFC 8725 §3.12)"),
    ],
)
def test_meant_for_others(changes: dict[str, Any]) -> None:
    """RFC 8725 §3.8, §3.9, §3.12: exactly our issuer, exactly this client, and an ID token."""
    members = {name: value for name, value in {**claims(), **changes}.items() if value is not None}
    with pytest.raises(InvalidRequest, match="hint"):
        hinted(id_token.sign(members, ES256_KEY))


RS_HEADER = {"alg": "RS256", "typ": "JWT", "kid": RS256_KEY.kid}
ES_HEADER = {"alg": "ES256", "typ": "JWT", "kid": ES256_KEY.kid}
ATTACKER = ec.derive_private_key(7, ec.SECP256R1())
PEM = RSA_7515.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def compact(header: object) -> str:
    """A header as we write it."""
    return encode(json.dumps(header, separators=(",", ":")).encode())


def forged(header: str, key: SigningKey = ES256_KEY) -> str:
    """A token under any header, whose signature by one of our keys is right."""
    signing_input = f"{header}.{encode(claims())}"
    return f"{signing_input}.{encode(id_token._signature(signing_input.encode(), key))}"


def with_hmac(secret: bytes) -> str:
    signing_input = f"{compact({**RS_HEADER, 'alg': 'HS256'})}.{encode(claims())}"
    return f"{signing_input}.{encode(hmac.digest(secret, signing_input.encode(), hashlib.sha256))}"


def with_pss() -> str:
    signing_input = f"{compact(RS_HEADER)}.{encode(claims())}"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return f"{signing_input}.{encode(RSA_7515.sign(signing_input.encode(), pss, hashes.SHA256()))}"


def with_signature(change: Any, key: SigningKey = ES256_KEY) -> str:
    """A token whose signature part was changed."""
    signing_input, _, signature = id_token.sign(claims(), key).rpartition(".")
    return f"{signing_input}.{change(signature)}"


def other_unused_bits(signature: str) -> str:
    """The last character of 64 and of 256 bytes has four unused bits."""
    return signature[:-1] + chr(ord(signature[-1]) + 1)


def der(_: str) -> str:
    signing_input = id_token.sign(claims(), ES256_KEY).rpartition(".")[0]
    return encode(EC_7515.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))


GOOD = id_token.sign(claims(), ES256_KEY)
FORGERIES = {
    # RFC 8725 §3.1, §3.2: the key decides the algorithm, and none is none.
    "alg none": f"{compact({**ES_HEADER, 'alg': 'none'})}.{encode(claims())}.",
    "alg none with our signature": forged(compact({**ES_HEADER, "alg": "none"})),
    "alg none, empty signature under our header": f"{compact(ES_HEADER)}.{encode(claims())}.",
    "HS256 with our public key (CVE-2024-37568)": with_hmac(PEM),
    "HS256 with nothing": with_hmac(b""),
    "HS256 with our kid": with_hmac(RS256_KEY.kid.encode()),
    "alg of the other key": forged(compact({**ES_HEADER, "alg": "RS256"})),
    "kid of the other key": forged(compact({**ES_HEADER, "kid": RS256_KEY.kid})),
    "header of one key, signature of the other": forged(compact(RS_HEADER), ES256_KEY),
    "PS256 under an RS256 header": with_pss(),
    "alg in another case": forged(compact({**ES_HEADER, "alg": "es256"})),
    # RFC 8725 §3.10, RFC 7515 §4.1: keys come from us, never from the header.
    "embedded jwk (CVE-2026-27962)": forged(
        compact({**ES_HEADER, "jwk": signing_key(ATTACKER).jwk()}), signing_key(ATTACKER)
    ),
    "jku": forged(compact({**ES_HEADER, "jku": "https://canary.example/keys"}), signing_key(ATTACKER)),
    "x5u": forged(compact({**ES_HEADER, "x5u": "https://canary.example/cert"}), signing_key(ATTACKER)),
    "x5c": forged(compact({**ES_HEADER, "x5c": ["MIIB"]}), signing_key(ATTACKER)),
    "our header, another key": forged(compact(ES_HEADER), signing_key(ATTACKER)),
    "kid with SQL": forged(compact({**ES_HEADER, "kid": "' UNION SELECT 'x"})),
    "kid with a path": forged(compact({**ES_HEADER, "kid": "../../dev/null"})),
    "kid of another type": forged(compact({**ES_HEADER, "kid": [ES256_KEY.kid]})),
    "no kid": forged(compact({"alg": "ES256", "typ": "JWT"})),
    # RFC 7515 §4.1.11 (CVE-2025-59420), §4.1.9, §10.12
    "crit": forged(compact({**ES_HEADER, "crit": ["x"], "x": 1})),
    "b64": forged(compact({**ES_HEADER, "b64": False, "crit": ["b64"]})),
    "zip": forged(compact({**ES_HEADER, "zip": "DEF"})),
    "another typ": forged(compact({**ES_HEADER, "typ": "at+jwt"})),
    "no typ": forged(compact({"alg": "ES256", "kid": ES256_KEY.kid})),
    "member twice": forged(encode(f'{{"alg":"none","alg":"ES256","typ":"JWT","kid":"{ES256_KEY.kid}"}}'.encode())),
    "header with white space": forged(encode(ES_HEADER)),
    "header that is no object": forged(encode([])),
    "header that is no JSON": forged(encode(b"{")),
    "header that nests deeply": forged(encode(b"[" * 2000)),
    "header that is long": forged(compact({**ES_HEADER, "x": "x" * MAX_HINT})),
    "header with padding": forged(compact(ES_HEADER) + "="),
    # JWE (RFC 7516) in compact form: five parts.
    "JWE": ".".join([compact({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": RS256_KEY.kid}), "a", "b", "c", "d"]),
    "JWE with PBES2": ".".join([compact({"alg": "PBES2-HS256+A128KW", "p2c": 2**31, "enc": "A128GCM"}), *"abcd"]),
    "JWE with zip": ".".join([compact({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}), "", "b", "c", "d"]),
    # Signatures: exactly one text for each (RFC 7515 §5.2, RFC 4648 §3.5).
    "no signature": GOOD.rpartition(".")[0],
    "empty signature": with_signature(lambda _: ""),
    "shortened signature": with_signature(lambda signature: signature[:-1]),
    "signature of 63 bytes": with_signature(lambda signature: encode(base64.urlsafe_b64decode(signature + "==")[:-1])),
    "lengthened signature": with_signature(lambda signature: signature + "AAAA"),
    "signature in DER": with_signature(der),
    "signature of zeros": with_signature(lambda _: encode(bytes(64))),
    "signature of ones": with_signature(lambda _: encode(b"\xff" * 64)),
    "padded signature": with_signature(lambda signature: signature + "=="),
    "unused bits set": with_signature(other_unused_bits),
    "unused bits set, RS256": with_signature(other_unused_bits, RS256_KEY),
    "newline in the signature": with_signature(lambda signature: signature[:4] + "\n" + signature[4:]),
    "foreign character in the signature": with_signature(lambda signature: signature + "!"),
    "signature that is no base64": with_signature(lambda signature: signature + "A" * 3),
    "zeros, RS256": with_signature(lambda _: encode(bytes(256)), RS256_KEY),
    "one, RS256": with_signature(lambda _: encode(bytes(255) + b"\1"), RS256_KEY),
    "shortened, RS256": with_signature(lambda signature: signature[:-4], RS256_KEY),
    # Shapes.
    "payload of another token": GOOD.replace(GOOD.split(".")[1], encode({**claims(), "sub": "person-2"})),
    "four parts": GOOD + ".x",
    "a part in front": "x." + GOOD,
    "empty": "",
    "one dot": ".",
    "two dots": "..",
    "only our header": compact(ES_HEADER),
    "not ASCII": "é" + GOOD,
    "a surrogate": GOOD + "\ud800",
    "a space in front": " " + GOOD,
    "a newline behind": GOOD + "\n",
    "long": "x" * 1_000_000,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery(name: str) -> None:
    """RFC 8725 §3: no forged token is a hint, each is an invalid request, and the log learns no part of it."""
    with pytest.raises(InvalidRequest, match="id_token_hint") as refused:
        hinted(FORGERIES[name])
    assert len(refused.value.detail) < 100


def test_what_the_forgeries_change() -> None:
    """The token that the forgeries are made from is a good one, so each is refused for what was changed."""
    assert hinted(GOOD) == hinted(forged(compact(ES_HEADER))) == hinted(forged(compact(RS_HEADER), RS256_KEY))
    assert hinted(with_signature(lambda signature: signature)) == "person-1"


def test_pss_is_no_pkcs1() -> None:
    """RFC 7518 §3.3: what RS256 verifies is PKCS #1 v1.5, not any signature of the key."""
    signing_input, _, signature = with_pss().rpartition(".")
    with pytest.raises(InvalidSignature):
        id_token._check_signature(signing_input.encode(), base64.urlsafe_b64decode(signature + "=="), RS256_KEY)


def test_signature_without_its_zeros() -> None:
    """RFC 7518 §3.4: S has 32 bytes, also where the first of them is zero and could be left out."""
    raw, signing_input = b"", b"x.y"
    while raw[32:33] != b"\0":
        raw = id_token._signature(signing_input, ES256_KEY)
    assert id_token._is_signed(signing_input, encode(raw).encode(), ES256_KEY)
    assert not id_token._is_signed(signing_input, encode(raw[:32] + raw[33:]).encode(), ES256_KEY)


def test_longest_hint() -> None:
    """Every token that we sign for an ASCII nonce can come back as a hint; a longer text is not even looked at."""
    longest = id_token.sign(claims(ORGANIZATION, nonce="n" * MAX_NONCE), RS256_KEY)
    assert hinted(longest) == "person-1"
    longer = id_token.sign(claims(nonce="n" * (MAX_NONCE * 2)), RS256_KEY)
    assert len(longest) <= MAX_HINT < len(longer)
    with pytest.raises(InvalidRequest):
        hinted(longer)


def test_no_keys() -> None:
    """Without published keys nothing is a hint."""
    with pytest.raises(InvalidRequest):
        hinted(GOOD, [])


def test_every_kid_fits() -> None:
    """A kid is written as JSON, whatever it contains."""
    odd = signing_key(RSA_7517, kid='"\\é')
    assert hinted(id_token.sign(claims(), odd), [odd]) == "person-1"


@given(st.data())
def test_one_character_changed(data: st.DataObject) -> None:
    """A hint with any other character, anywhere, is refused."""
    place = data.draw(st.integers(0, len(GOOD) - 1))
    character = data.draw(st.characters().filter(lambda c: c != GOOD[place]))
    with pytest.raises(InvalidRequest):
        hinted(GOOD[:place] + character + GOOD[place + 1 :])


@given(st.text(st.characters(), max_size=200) | st.lists(st.binary(max_size=30).map(encode)).map(".".join))
def test_any_text(hint: str) -> None:
    """Any text is refused in one way."""
    with pytest.raises(InvalidRequest):
        hinted(hint)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_round_trip(nonce: str, organization: bool) -> None:
    """What is signed is read back."""
    members = claims(ORGANIZATION if organization else PERSON, nonce=nonce)
    token = id_token.sign(members, ES256_KEY)
    assert decode(token.split(".")[1]) == members
    assert len(token) > MAX_HINT or hinted(token) == "person-1"
