"""Proof key for code exchange (RFC 7636), S256 only (RFC 9700 §2.1.1)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from polar_server.oauth.errors import InvalidGrant, InvalidRequest

# §4.2: BASE64URL-ENCODE(SHA256(...)) is 43 characters. §4.1: 43 to 128 unreserved characters.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def challenge_of(parameters: Mapping[str, str], *, required: bool) -> str | None:
    """The code challenge of an authorization request (§4.3). Raises InvalidRequest."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if required:
            raise InvalidRequest("The client must send a code_challenge (PKCE).")
        if method is not None:
            raise InvalidRequest("code_challenge_method without code_challenge.")
        return None
    # §4.3: an absent method means plain, which would put the verifier into the front channel.
    if method != "S256":
        raise InvalidRequest("code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge must be 43 base64url characters without padding.")
    return challenge


def verify(challenge: str | None, verifier: str | None) -> None:
    """Check the verifier of a token request (§4.6). Raises InvalidGrant."""
    if challenge is None:
        # RFC 9700 §4.8.2: a verifier without a challenge means that somebody stripped the challenge.
        if verifier is not None:
            raise InvalidGrant("code_verifier sent for a code without a challenge")
        return
    if verifier is None:
        raise InvalidGrant("code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("code_verifier is malformed")
    if not hmac.compare_digest(s256(verifier), challenge.encode()):
        raise InvalidGrant("code_verifier does not match the challenge")


def s256(verifier: str) -> bytes:
    """The S256 challenge of a verifier (§4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
