"""The shape of tokens (RFC 6749 §1.4, §10.10)."""

import os
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.oauth.samples import ACCESS_TOKEN, NOW

from polar_server.oauth import tokens
from polar_server.oauth.tokens import (
    ACCESS_TOKENS,
    BODY_LENGTH,
    ENTROPY_BYTES,
    ID_LENGTH,
    RANDOM_BYTES,
    REFRESH_TOKENS,
    Token,
    TokenKind,
)

KINDS = st.sampled_from(TokenKind)
ALL = frozenset(TokenKind)
# From 2024 to 2058.
TIMES = st.integers(1_704_067_200_000, 1_704_067_200_000 + 2**40 - 1)
TOKENS = st.builds(tokens.mint, KINDS, TIMES, st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def crc32(data: bytes) -> int:
    """CRC-32 bit by bit, as its definition says (ISO 3309), without a library."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0xEDB88320 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def base62(number: int, length: int) -> str:
    """A number in base 62, digit by digit."""
    return "".join(DIGITS[number // 62**place % 62] for place in reversed(range(length)))


def test_checksum() -> None:
    """The last six characters are the CRC-32 of the 37 before them, in base 62."""
    assert crc32(b"123456789") == 0xCBF43926  # the check value of CRC-32
    body = ACCESS_TOKEN.text[-BODY_LENGTH:]
    assert body[37:] == base62(crc32(body[:37].encode()), 6)


@given(TIMES, st.binary(min_size=3, max_size=3))
def test_ids_of_the_same_millisecond(now_ms: int, random: bytes) -> None:
    """Whatever is random in an id, it stands between the first and the last of its millisecond, and no other does."""
    first, last = tokens.ids_beside(tokens.new_id(now_ms, random))
    assert (first, last) == (tokens.new_id(now_ms, b"\0\0\0"), tokens.new_id(now_ms, b"\xff\xff\xff"))
    assert first <= tokens.new_id(now_ms, random) <= last


@pytest.mark.parametrize("kind", TokenKind)
def test_kind_of(kind: TokenKind) -> None:
    """A text is named by its prefix, however much of it is there; without one of ours it is nothing."""
    assert tokens.kind_of(kind) is kind
    assert tokens.kind_of(f"{kind}abc") is kind
    assert tokens.kind_of(f"x{kind}abc") is None


def test_known_token() -> None:
    """A token from fixed values has a fixed text, so that no release changes the shape."""
    token = tokens.mint(TokenKind.AUTHORIZATION_CODE, NOW * 1000, bytes(range(ENTROPY_BYTES)))
    identifier = base62((NOW * 1000 - 1_704_067_200_000) << 24 | 0x000102, 11)
    random = "".join(DIGITS[byte % 62] for byte in range(3, ENTROPY_BYTES))
    checksum = base62(crc32((identifier + random).encode()), 6)
    assert token.text == f"polar_ac_{identifier}{random}{checksum}"
    assert (token.kind, token.id) == (TokenKind.AUTHORIZATION_CODE, identifier)


def test_prefixes() -> None:
    """No prefix begins another one, so a text can be of one kind only, and access is told from refresh."""
    assert not [(a, b) for a in TokenKind for b in TokenKind if a is not b and a.startswith(b)]
    assert not ACCESS_TOKENS & REFRESH_TOKENS


def test_repr_shows_no_secret() -> None:
    """A token in a traceback or a log shows its id only."""
    assert ACCESS_TOKEN.text[-32:] not in repr(ACCESS_TOKEN)
    assert ACCESS_TOKEN.id in repr(ACCESS_TOKEN)


@pytest.mark.parametrize("entropy", [b"", b"123", bytes(range(ENTROPY_BYTES - 1))])
def test_too_little_randomness(entropy: bytes) -> None:
    """A token is never made of less randomness than it should have (RFC 6749 §10.10)."""
    with pytest.raises(ValueError, match="random bytes"):
        tokens.mint(TokenKind.SESSION, NOW * 1000, entropy)


def test_randomness() -> None:
    """RFC 6749 §10.10: guessing takes more than 2^128 tries, and tokens of one millisecond differ."""
    assert 62**tokens.RANDOM_LENGTH > 2**128
    assert (256 / 5) ** RANDOM_BYTES > 2**128, "the most frequent character comes 5 times in 256"
    made = {tokens.mint(TokenKind.SESSION, NOW * 1000, os.urandom(ENTROPY_BYTES)).text for _ in range(100)}
    assert len(made) == 100


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("polar_ac_", id="prefix only"),
        pytest.param(ACCESS_TOKEN.text[-BODY_LENGTH:], id="body only"),
        pytest.param(ACCESS_TOKEN.text.upper(), id="upper case"),
        pytest.param("\0" + ACCESS_TOKEN.text, id="NUL in front"),
        pytest.param(ACCESS_TOKEN.text + "\n", id="newline behind"),
        pytest.param(ACCESS_TOKEN.text + "0", id="a character more"),
        pytest.param("polar_xx_" + ACCESS_TOKEN.text[-BODY_LENGTH:], id="unknown prefix"),
        pytest.param("polar_ac_" + "é" * BODY_LENGTH, id="letters outside ASCII"),
        pytest.param("polar_ac_" + "٣" * BODY_LENGTH, id="digits outside ASCII"),
        pytest.param("polar_ac_" + "\ud800" * BODY_LENGTH, id="surrogates"),
        pytest.param("polar_ac_" + "_" * BODY_LENGTH, id="other characters"),
        pytest.param("x" * 100_000, id="long"),
    ],
)
def test_no_token(text: str) -> None:
    """What cannot be a token is told without a look at the database."""
    assert tokens.parse(text, ALL) is None


@pytest.mark.parametrize("kind", TokenKind)
def test_kinds(kind: TokenKind) -> None:
    """A token is what its prefix says: it is taken by its kind and by sets with it, and by no other."""
    token = tokens.mint(kind, NOW * 1000, bytes(ENTROPY_BYTES))
    assert tokens.parse(token.text, kind) == tokens.parse(token.text, ALL) == token
    assert tokens.parse(token.text, ALL - {kind}) is None
    assert not any(tokens.parse(token.text, other) for other in TokenKind if other is not kind)


def test_every_place_is_checked() -> None:
    """A wrong character is noticed at every place of the body."""
    text, start = ACCESS_TOKEN.text, len(ACCESS_TOKEN.kind)
    for place in range(start, len(text)):
        for character in {*"0Aa-_ é"} - {text[place]}:
            assert tokens.parse(text[:place] + character + text[place + 1 :], ALL) is None


def test_fitting_checksum_over_other_characters() -> None:
    """A checksum that fits does not make a token of characters outside the alphabet."""
    body = "-" * 37
    assert tokens.parse(f"polar_ac_{body}{base62(crc32(body.encode()), 6)}", ALL) is None


def test_clock_before_2024() -> None:
    """With a clock that is far behind, ids still begin where time begins, instead of in 2058."""
    assert tokens.new_id(0, bytes(3)) == tokens.new_id(1_704_067_200_000, bytes(3)) == "0" * ID_LENGTH


@given(TOKENS)
def test_round_trip(token: Token) -> None:
    """A minted token is parsed as what it is, by its own kind and by a set with it."""
    assert tokens.parse(token.text, token.kind) == tokens.parse(token.text, ALL) == token
    assert len(token.text) == len(token.kind) + BODY_LENGTH


@given(TOKENS, KINDS)
def test_other_kinds(token: Token, kind: TokenKind) -> None:
    """A token is never taken for one of another kind, however its text would fit."""
    assert (tokens.parse(token.text, kind) is None) == (kind is not token.kind)
    assert tokens.parse(token.text, ALL - {token.kind}) is None


@given(TOKENS, st.data())
def test_one_character_changed(token: Token, data: st.DataObject) -> None:
    """A single wrong character in the body is always noticed."""
    place = len(token.kind) + data.draw(st.integers(0, BODY_LENGTH - 1))
    character = data.draw(st.sampled_from(DIGITS).filter(lambda c: c != token.text[place]) | st.characters())
    changed = token.text[:place] + character + token.text[place + 1 :]
    assert (tokens.parse(changed, ALL) is None) == (changed != token.text)


@given(TOKENS, st.data())
def test_case_swapped(token: Token, data: st.DataObject) -> None:
    """A letter in the other case is another token."""
    letters = [i for i, c in enumerate(token.text) if c.isalpha()]
    place = data.draw(st.sampled_from(letters))
    changed = token.text[:place] + token.text[place].swapcase() + token.text[place + 1 :]
    assert tokens.parse(changed, ALL) is None


@given(TOKENS, st.integers(1, 60))
def test_shortened(token: Token, missing: int) -> None:
    """A token without its last or first characters is none."""
    assert tokens.parse(token.text[:-missing], ALL) is None
    assert tokens.parse(token.text[missing:], ALL) is None


@given(st.text(max_size=80) | st.text(DIGITS, min_size=BODY_LENGTH, max_size=BODY_LENGTH).map("polar_ac_".__add__))
def test_any_text(text: str) -> None:
    """Any text is parsed or refused, and only the exact text is ever accepted."""
    token = tokens.parse(text, ALL)
    assert token is None or token.text == text


@given(TIMES, TIMES, st.binary(min_size=3, max_size=3), st.binary(min_size=3, max_size=3))
@example(1_704_067_200_000, 1_704_067_200_000 + 2**40 - 1, b"\xff\xff\xff", b"\0\0\0")
def test_ids_sort_by_time(first: int, second: int, one: bytes, other: bytes) -> None:
    """Ids of different milliseconds sort as these, byte by byte; new rows go to the end of an index."""
    ids = tokens.new_id(first, one), tokens.new_id(second, other)
    assert [len(i) for i in ids] == [ID_LENGTH, ID_LENGTH]
    if first != second:
        assert (ids[0] < ids[1]) == (first < second)


def test_minting() -> None:
    """What mints at one time gives tokens of that time, each with randomness of its own kind and amount."""
    asked: list[int] = []

    def random(length: int) -> bytes:
        asked.append(length)
        return bytes([len(asked)]) * length

    mint = tokens.minting(NOW * 1000, random)
    secret, client_id = mint(TokenKind.CLIENT_SECRET), mint(TokenKind.CLIENT_ID)
    assert secret == tokens.mint(TokenKind.CLIENT_SECRET, NOW * 1000, b"\1" * tokens.ENTROPY_BYTES)
    assert client_id == tokens.mint(TokenKind.CLIENT_ID, NOW * 1000, b"\2" * tokens.ENTROPY_BYTES)
    assert asked == [tokens.ENTROPY_BYTES] * 2


@pytest.mark.parametrize("later_ms, is_older", [(-1, False), (0, False), (1, True)])
@pytest.mark.parametrize("random", [b"\0", b"\xff"])
def test_is_older(later_ms: int, random: bytes, *, is_older: bool) -> None:
    """A token is older than an id of a later millisecond, whatever the random bits of both say."""
    token = tokens.mint(TokenKind.CLIENT_SECRET, NOW * 1000, random * tokens.ENTROPY_BYTES)
    other = tokens.new_id(NOW * 1000 + later_ms, b"\x80" * tokens.ID_BYTES)
    assert tokens.is_older(token, other) is is_older
