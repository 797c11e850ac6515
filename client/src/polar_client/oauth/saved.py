"""What a sign-in keeps between the two redirects: state, nonce and code_verifier, signed, small enough for a cookie."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from msgspec import Struct

from polar_client.oauth.errors import InvalidCallback
from polar_client.shapes import Shape

MAX_AGE = 600
"""Seconds from the start to the callback. The server's code lives no longer either."""


class Started(Shape, kw_only=True):
    """A sign-in that has begun: where to send the person, and what to keep until they come back.

    `saved` belongs to this person's browser: a cookie with HttpOnly and SameSite=Lax, or your session.
    """

    hidden = frozenset({"saved"})

    url: str
    saved: str


class Saved(Struct, array_like=True, frozen=True):
    """One sign-in. Its first three values are 256 random bits each."""

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    scope: str
    started_at: int
    max_age: int | None = None

    def __repr__(self) -> str:
        return "<Saved>"

    @property
    def code_challenge(self) -> str:
        """S256 of the code_verifier (RFC 7636 §4.2)."""
        return encoded(hashlib.sha256(self.code_verifier.encode()).digest())


def begin(redirect_uri: str, scope: str, now: int, max_age: int | None) -> Saved:
    """A new sign-in."""
    state, nonce, code_verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Saved(state, nonce, code_verifier, redirect_uri, scope, now, max_age)


def sign(saved: Saved, key: bytes) -> str:
    """The text to keep. It is not secret from the person's own browser, and nobody can change or make one."""
    content = encoded(msgspec.json.encode(saved))
    return f"{content}.{encoded(_mac(content, key))}"


def read(text: str, key: bytes, now: int) -> Saved:
    """What was kept. Raises InvalidCallback for what we did not sign, or too long ago."""
    content, _, mac = text.partition(".")
    if not hmac.compare_digest(mac.encode(), encoded(_mac(content, key)).encode()):
        raise InvalidCallback("What was saved of this sign-in is missing, or was not made with this key.")
    saved = msgspec.json.decode(decoded(content), type=Saved)
    if not saved.started_at - 60 <= now <= saved.started_at + MAX_AGE:
        raise InvalidCallback(f"This sign-in began more than {MAX_AGE // 60} minutes ago.")
    return saved


def encoded(data: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url. Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(content: str, key: bytes) -> bytes:
    return hmac.digest(key, b"polar_client saved sign-in\n" + content.encode(), "sha256")
