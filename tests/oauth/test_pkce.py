"""Proof key for code exchange (RFC 7636, RFC 9700 §2.1.1)."""

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.samples import CHALLENGE, VERIFIER

from polar_server.oauth import pkce
from polar_server.oauth.errors import InvalidGrant, InvalidRequest

UNRESERVED = string.ascii_letters + string.digits + "-._~"


def test_appendix_b() -> None:
    """RFC 7636 appendix B: the printed verifier has the printed challenge."""
    assert pkce.s256(VERIFIER) == CHALLENGE.encode()
    pkce.verify(CHALLENGE, VERIFIER)


@pytest.mark.parametrize("required", [True, False])
def test_challenge(*, required: bool) -> None:
    """RFC 7636 §4.3: a challenge with S256 is kept, whether it is required or not."""
    parameters = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "x"}
    assert pkce.challenge_of(parameters, required=required) == CHALLENGE


def test_no_challenge() -> None:
    """Where no challenge is required, a request may have none."""
    assert pkce.challenge_of({}, required=False) is None


@pytest.mark.parametrize(
    "parameters, required",
    [
        pytest.param({}, True, id="missing (RFC 7636 §4.4.1)"),
        pytest.param({"code_challenge_method": "S256"}, True, id="method only, required"),
        pytest.param({"code_challenge_method": "S256"}, False, id="method only"),
        pytest.param({"code_challenge": CHALLENGE}, False, id="no method, which means plain (§4.3)"),
        *(
            pytest.param({"code_challenge": CHALLENGE, "code_challenge_method": method}, False, id=f"method {method!r}")
            for method in ("plain", "s256", "S256 ", "none", "S512", "S256\n")
        ),
        *(
            pytest.param({"code_challenge": text, "code_challenge_method": "S256"}, False, id=f"challenge {name}")
            for name, text in {
                "short": "short",
                "of 42 characters": CHALLENGE[:-1],
                "of 44 characters": CHALLENGE + "A",
                "padded": CHALLENGE + "=",
                "in base64 instead of base64url": CHALLENGE.replace("-", "+"),
                "with a newline": CHALLENGE + "\n",
                "with a newline inside": CHALLENGE[:-1] + "\n",
                "outside ASCII": CHALLENGE[:-1] + "é",
                "that is a verifier": "~" * 43,
            }.items()
        ),
    ],
)
def test_refused_challenge(parameters: dict[str, str], *, required: bool) -> None:
    """RFC 7636 §4.4.1 and RFC 9700 §2.1.1: anything but an S256 challenge is an invalid request."""
    with pytest.raises(InvalidRequest):
        pkce.challenge_of(parameters, required=required)


@pytest.mark.parametrize(
    "challenge, verifier",
    [
        pytest.param(CHALLENGE, None, id="omitted (CVE-2023-48228, CVE-2024-22258)"),
        pytest.param(CHALLENGE, "A" * 43, id="wrong"),
        pytest.param(CHALLENGE, VERIFIER.swapcase(), id="other case"),
        pytest.param(CHALLENGE, VERIFIER[:-1], id="of 42 characters (§4.1)"),
        pytest.param(CHALLENGE, CHALLENGE, id="the challenge itself, as for plain"),
        pytest.param(CHALLENGE, VERIFIER + "\n", id="with a newline"),
        pytest.param(CHALLENGE, VERIFIER + " ", id="with a space"),
        pytest.param(CHALLENGE, "", id="empty"),
        pytest.param(pkce.s256("A" * 129).decode(), "A" * 129, id="of 129 characters (§4.1)"),
        pytest.param(pkce.s256("A" * 42).decode(), "A" * 42, id="of 42 characters that match"),
        pytest.param(pkce.s256("é" * 43).decode(), "é" * 43, id="outside ASCII, that matches"),
        pytest.param(pkce.s256("+" * 43).decode(), "+" * 43, id="reserved characters, that match"),
        pytest.param(None, VERIFIER, id="without a challenge (RFC 9700 §4.8.2)"),
    ],
)
def test_refused_verifier(challenge: str | None, verifier: str | None) -> None:
    """RFC 7636 §4.6 and RFC 9700 §4.8.2: a missing, wrong, malformed or uncalled-for verifier is invalid_grant."""
    with pytest.raises(InvalidGrant):
        pkce.verify(challenge, verifier)


def test_neither() -> None:
    """Without a challenge and a verifier there is nothing to verify."""
    pkce.verify(None, None)


@given(st.text(UNRESERVED, min_size=43, max_size=128))
def test_every_verifier_works(verifier: str) -> None:
    """RFC 7636 §4.1, §4.2: every verifier that the grammar allows works with its challenge."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().replace("=", "")
    parameters = {"code_challenge": challenge, "code_challenge_method": "S256"}
    pkce.verify(pkce.challenge_of(parameters, required=True), verifier)


@given(st.text(UNRESERVED, min_size=43, max_size=128) | st.text(st.characters(), max_size=130))
def test_no_other_verifier_works(verifier: str) -> None:
    """A challenge is satisfied by its verifier alone."""
    if verifier != VERIFIER:
        with pytest.raises(InvalidGrant):
            pkce.verify(CHALLENGE, verifier)
