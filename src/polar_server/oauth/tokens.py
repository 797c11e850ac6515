"""Opaque tokens: one shape for everything we issue (RFC 6749 §1.4, §10.10).

A token is a prefix and 43 characters of [0-9A-Za-z]: 11 of a time-ordered id,
26 random ones (147 bits), and 6 of a checksum over the 37 before them. The id
finds the row, the digest of the whole token proves it, and the checksum tells a
typing error or a scanner's false alarm without a look at the database.
"""

import zlib
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, RANDOM_LENGTH, CHECKSUM_LENGTH = 11, 26, 6
BODY_LENGTH = ID_LENGTH + RANDOM_LENGTH + CHECKSUM_LENGTH
ID_BYTES, RANDOM_BYTES = 3, RANDOM_LENGTH
ENTROPY_BYTES = ID_BYTES + RANDOM_BYTES
"""What `mint` needs: 3 bytes for the id, and one for each random character."""

# Ids count milliseconds from 2024-01-01; 40 bits last until 2058, the other 24 are random.
_EPOCH_MS = 1_704_067_200_000
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
# A random byte chooses a character, some a little more often than others: 5.68 bits each in the worst case, 147 in all.
_CHARACTERS = "".join(ALPHABET[byte % 62] for byte in range(256)).encode()


class TokenKind(StrEnum):
    """What a token is for; the value is its prefix."""

    CLIENT_ID = "polar_ci_"
    CLIENT_SECRET = "polar_cs_"  # noqa: S105 - a prefix, not a secret
    REGISTRATION_TOKEN = "polar_crt_"  # noqa: S105
    AUTHORIZATION_CODE = "polar_ac_"
    USER_ACCESS_TOKEN = "polar_at_u_"  # noqa: S105
    ORGANIZATION_ACCESS_TOKEN = "polar_at_o_"  # noqa: S105
    USER_REFRESH_TOKEN = "polar_rt_u_"  # noqa: S105
    ORGANIZATION_REFRESH_TOKEN = "polar_rt_o_"  # noqa: S105
    SESSION = "polar_us_"
    MAIL_LINK = "polar_ml_"
    CHECKOUT = "polar_c_"
    ORGANIZATION_TOKEN = "polar_oat_"  # noqa: S105


ACCESS_TOKENS = frozenset({TokenKind.USER_ACCESS_TOKEN, TokenKind.ORGANIZATION_ACCESS_TOKEN})
API_TOKENS = ACCESS_TOKENS | {TokenKind.ORGANIZATION_TOKEN}
"""What calls the API: tokens of grants, and those that an organization made for itself."""
REFRESH_TOKENS = frozenset({TokenKind.USER_REFRESH_TOKEN, TokenKind.ORGANIZATION_REFRESH_TOKEN})


class Token(NamedTuple):
    """A token in clear text. Its repr shows no secret."""

    kind: TokenKind
    id: str
    text: str

    def __repr__(self) -> str:
        return f"<Token {self.kind}{self.id}…>"


def mint(kind: TokenKind, now_ms: int, entropy: bytes) -> Token:
    """A new token from the time in milliseconds and `ENTROPY_BYTES` of fresh randomness."""
    return assemble(kind, new_id(now_ms, entropy), entropy[ID_BYTES:])


Mint = Callable[[TokenKind], Token]
"""Gives new tokens, each of another kind."""


def minting(now_ms: int, random: Callable[[int], bytes]) -> Mint:
    """Mints at this time, in milliseconds, with the randomness of e.g. `os.urandom`."""
    return lambda kind: mint(kind, now_ms, random(ENTROPY_BYTES))


def is_older(token: Token, token_id: str) -> bool:
    """Whether the token was minted in an earlier millisecond than the one with this id."""
    return token.id < ids_beside(token_id)[0]


def new_id(now_ms: int, entropy: bytes) -> str:
    """An id of 11 characters that sorts by time: 40 bits of milliseconds, 24 random bits."""
    return _base62((max(now_ms - _EPOCH_MS, 0) & 0xFF_FFFF_FFFF) << 24 | int.from_bytes(entropy[:ID_BYTES]), ID_LENGTH)


def ids_beside(token_id: str) -> tuple[str, str]:
    """The first and the last id of the millisecond that this one is of."""
    number = 0
    for character in token_id:
        number = number * 62 + ALPHABET.index(character)
    first = number >> 24 << 24
    return _base62(first, ID_LENGTH), _base62(first | 0xFF_FFFF, ID_LENGTH)


def assemble(kind: TokenKind, token_id: str, entropy: bytes) -> Token:
    """The token with this id whose random part is made of the first 26 bytes. Raises ValueError for fewer."""
    if len(entropy) < RANDOM_BYTES:
        raise ValueError(f"a token needs {RANDOM_BYTES} random bytes")
    body = token_id + entropy[:RANDOM_BYTES].translate(_CHARACTERS).decode()
    return Token(kind, token_id, kind + body + _checksum(body))


def parse(text: str, kinds: frozenset[TokenKind] | TokenKind) -> Token | None:
    """The token that this text can be, or None. Costs no database access and decides nothing else."""
    prefix, body = text[:-BODY_LENGTH], text[-BODY_LENGTH:]
    kind = _BY_PREFIX.get(prefix)
    if kind is None or not (kind is kinds or (isinstance(kinds, frozenset) and kind in kinds)):
        return None
    if not (body.isascii() and body.isalnum()) or body[-CHECKSUM_LENGTH:] != _checksum(body[:-CHECKSUM_LENGTH]):
        return None
    return Token(kind, body[:ID_LENGTH], text)


def kind_of(text: str) -> TokenKind | None:
    """The kind whose prefix the text begins with, complete or not; None for none of ours."""
    return next((kind for kind in TokenKind if text.startswith(kind)), None)


_BY_PREFIX = {str(kind): kind for kind in TokenKind}


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    return _PAIRS[number // 3844**2] + _PAIRS[number // 3844 % 3844] + _PAIRS[number % 3844]


def _base62(number: int, length: int) -> str:
    pairs = []
    for _ in range(length // 2):
        pairs.append(_PAIRS[number % 3844])
        number //= 3844
    pairs.append(ALPHABET[number % 62] if length % 2 else "")
    pairs.reverse()
    return "".join(pairs)
