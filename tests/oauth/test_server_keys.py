"""Keyed digests and sealed values (RFC 6819 §5.1.4.1.3, RFC 2104)."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.oauth import server_keys
from polar_server.oauth.server_keys import SealBroken, ServerKeys

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
KEYS, ROTATED = ServerKeys([OLD]), ServerKeys([NEW, OLD])
SEALED = KEYS.seal("purpose", b"plaintext", "place")
ANYTHING = st.text(st.characters(), max_size=200)


@pytest.mark.parametrize(
    "key, message, digest",
    [
        pytest.param(
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            id="RFC 4231 §4.2",
        ),
        pytest.param(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            id="RFC 4231 §4.3",
        ),
        pytest.param(
            b"\xaa" * 20,
            b"\xdd" * 50,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            id="RFC 4231 §4.4",
        ),
    ],
)
def test_hmac_vectors(key: bytes, message: bytes, digest: str) -> None:
    """The digest is HMAC-SHA-256 as RFC 4231 prints it."""
    assert server_keys._hmac(key)(message) == digest


@given(st.binary(min_size=32, max_size=32), ANYTHING)
def test_digest(root: bytes, secret: str) -> None:
    """A digest is the HMAC-SHA-256 of the secret under a key that is derived for digests."""
    key = hmac.digest(root, b"polar-server digest", "sha256")
    expected = hmac.new(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    assert ServerKeys([root]).digest(secret) == expected


def test_no_key() -> None:
    """Without a server key nothing works, and that is said at once."""
    with pytest.raises(ValueError, match="at least one"):
        ServerKeys([])


def test_rotation() -> None:
    """New digests are made under the first key; those of the old one still match by the key id in their row."""
    digest = KEYS.digest("secret")
    assert ROTATED.key_id != KEYS.key_id
    assert ROTATED.digest("secret") != digest
    assert ROTATED.matches("secret", digest, KEYS.key_id)
    assert not ROTATED.matches("secret", digest, ROTATED.key_id)
    assert not ROTATED.matches("Secret", digest, KEYS.key_id)


@pytest.mark.parametrize("key_id", ["00000000", "", "é", KEYS.key_id.upper() + "x"])
def test_unknown_key(key_id: str) -> None:
    """Under a key that we do not have nothing matches, not even in another process with the same keys."""
    assert not KEYS.matches("secret", KEYS.digest("secret"), key_id)
    assert KEYS.digest("secret", key_id) != ServerKeys([OLD]).digest("secret", key_id)
    assert KEYS.derive("purpose", "text", key_id) != ServerKeys([OLD]).derive("purpose", "text", key_id)


def test_key_ids_from_outside_are_not_remembered() -> None:
    """Whoever sends ever new key ids does not fill our memory."""
    keys = ServerKeys([OLD])
    known = (len(keys._digests), len(keys._purpose_keys))
    for number in range(20):
        keys.digest("secret", str(number))
        keys.derive("purpose", "text", str(number))
    assert (len(keys._digests), len(keys._purpose_keys)) == known


@pytest.mark.parametrize("digest", ["", "é", "0" * 64, "\ud7ff"])
def test_foreign_digest(digest: str) -> None:
    """A row with a digest that nobody made matches nothing, and raises nothing."""
    assert not KEYS.matches("secret", digest, KEYS.key_id)


@given(ANYTHING, ANYTHING)
def test_only_the_secret_matches(secret: str, other: str) -> None:
    """A digest matches its secret and no other."""
    assert KEYS.matches(other, KEYS.digest(secret), KEYS.key_id) == (secret == other)


@given(ANYTHING)
def test_derived_values(text: str) -> None:
    """What is derived has 32 bytes, is the same every time, and differs by purpose, text and key."""
    derived = ROTATED.derive("purpose", text)
    assert len(derived) == 32
    assert ROTATED.derive("purpose", text, ROTATED.key_id) == derived
    others = [ROTATED.derive("other", text), ROTATED.derive("purpose", text + "x"), KEYS.derive("purpose", text)]
    assert derived not in others
    assert ROTATED.derive("purpose", text, KEYS.key_id) == KEYS.derive("purpose", text)


def test_example() -> None:
    """A sealed value opens in its place, for its purpose, and under an older key that is still configured."""
    assert KEYS.open("purpose", SEALED, "place") == ROTATED.open("purpose", SEALED, "place") == b"plaintext"
    for purpose, place, sealed in (("purpose", "other", SEALED), ("other", "place", SEALED), ("purpose", "place", "x")):
        with pytest.raises(SealBroken):
            KEYS.open(purpose, sealed, place)
    assert KEYS.derive("purpose", "text") == KEYS.derive("purpose", "text", KEYS.key_id)
    assert KEYS.derive("purpose", "text") != KEYS.derive("other", "text")


@given(st.binary(max_size=100), st.text(max_size=20))
def test_seal(plaintext: bytes, place: str) -> None:
    """A sealed value opens in its place, also after a rotation, and is another text every time."""
    sealed = KEYS.seal("purpose", plaintext, place)
    assert KEYS.open("purpose", sealed, place) == ROTATED.open("purpose", sealed, place) == plaintext
    assert KEYS.seal("purpose", plaintext, place) != sealed


@given(st.text(max_size=20), st.text(max_size=20))
def test_sealed_values_move_nowhere(place: str, other: str) -> None:
    """A sealed value that was moved to another row or column does not open there."""
    sealed = KEYS.seal("purpose", b"plaintext", place)
    if other != place:
        with pytest.raises(SealBroken):
            KEYS.open("purpose", sealed, other)
    with pytest.raises(SealBroken):
        KEYS.open("other", sealed, place)


@given(st.data())
def test_changed_seal(data: st.DataObject) -> None:
    """A sealed value with another character opens no more, in the key id, the nonce or the ciphertext."""
    place = data.draw(st.integers(0, len(SEALED) - 1))
    character = data.draw(st.sampled_from("0123456789abcdef:é ").filter(lambda c: c != SEALED[place]))
    with pytest.raises(SealBroken):
        KEYS.open("purpose", SEALED[:place] + character + SEALED[place + 1 :], "place")


@given(st.text(max_size=60) | st.text("0123456789abcdef", max_size=80).map(f"{KEYS.key_id}:".__add__))
def test_no_seal(text: str) -> None:
    """What was never sealed is refused in one way."""
    with pytest.raises(SealBroken):
        KEYS.open("purpose", text, "place")


def test_seal_of_a_lost_key() -> None:
    """A value sealed under a key that is no longer configured names that key."""
    sealed = ROTATED.seal("purpose", b"plaintext", "place")
    with pytest.raises(SealBroken, match=f"{ROTATED.key_id}, which is not configured"):
        KEYS.open("purpose", sealed, "place")


def test_sealed_under_the_newest_key() -> None:
    """What is sealed under an older server key can be told, so that it is sealed anew before that key goes."""
    assert KEYS.is_current(KEYS.seal("purpose", b"plaintext", "place"))
    assert not ROTATED.is_current(KEYS.seal("purpose", b"plaintext", "place"))
    assert not KEYS.is_current(KEYS.key_id)


def test_repr_shows_no_key() -> None:
    """Server keys in a traceback or a log show nothing of themselves."""
    assert OLD.hex() not in repr(KEYS)
    assert repr(OLD) not in repr(KEYS)


def test_the_ids_of_all_keys_are_told_newest_first() -> None:
    """So that rows under another key than these are found."""
    assert ROTATED.key_ids == (ServerKeys([NEW]).key_id, KEYS.key_id)
