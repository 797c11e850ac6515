"""Error codes and what their descriptions may contain (RFC 6749 §5.2, RFC 6750 §3.1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.oauth import errors
from polar_server.oauth.errors import InsufficientScope, InvalidGrant, InvalidRequest, InvalidToken, OAuthError


@pytest.mark.parametrize(
    "kind, code, status",
    [
        # RFC 6749 §5.2
        (errors.InvalidRequest, "invalid_request", 400),
        (errors.PayloadTooLarge, "invalid_request", 413),
        (errors.InvalidClient, "invalid_client", 401),
        (errors.InvalidGrant, "invalid_grant", 400),
        (errors.UnauthorizedClient, "unauthorized_client", 400),
        (errors.UnsupportedGrantType, "unsupported_grant_type", 400),
        (errors.InvalidScope, "invalid_scope", 400),
        # RFC 6749 §4.1.2.1
        (errors.AccessDenied, "access_denied", 400),
        (errors.UnsupportedResponseType, "unsupported_response_type", 400),
        (errors.ServerError, "server_error", 500),
        (errors.TemporarilyUnavailable, "temporarily_unavailable", 503),
        # OpenID Connect Core §3.1.2.6
        (errors.LoginRequiredError, "login_required", 400),
        (errors.ConsentRequiredError, "consent_required", 400),
        (errors.AccountSelectionRequiredError, "account_selection_required", 400),
        (errors.RequestNotSupported, "request_not_supported", 400),
        (errors.RequestUriNotSupported, "request_uri_not_supported", 400),
        (errors.RegistrationNotSupported, "registration_not_supported", 400),
        # RFC 7591 §3.2.2
        (errors.InvalidRedirectUri, "invalid_redirect_uri", 400),
        (errors.InvalidClientMetadata, "invalid_client_metadata", 400),
        # RFC 6750 §3.1
        (errors.InvalidToken, "invalid_token", 401),
        (errors.InsufficientScope, "insufficient_scope", 403),
    ],
)
def test_codes(kind: type[OAuthError], code: str, status: int) -> None:
    """Each error has the code and the status of its RFC."""
    error = kind("products:read")
    assert (error.as_dict()["error"], error.status) == (code, status)


@pytest.mark.parametrize("kind", [InvalidGrant, InvalidToken])
def test_reasons_stay_with_us(kind: type[OAuthError]) -> None:
    """Why a code or token was refused is in the log, and the answer is the same for every reason."""
    unknown, expired = kind("unknown"), kind("expired")
    assert unknown.as_dict() == expired.as_dict()
    assert (unknown.detail, str(expired)) == ("unknown", "expired")


def test_needed_scope() -> None:
    """RFC 6750 §3.1: an insufficient_scope error carries the scope that was needed."""
    error = InsufficientScope("orders:read")
    assert error.scope == "orders:read"
    assert "orders:read" in error.description


def test_forbidden_characters() -> None:
    """Quotes become apostrophes; everything else that is forbidden becomes a question mark."""
    assert InvalidRequest('a"b\\c\r\nd é').description == "a'b'c??d ?"


@given(st.text(st.characters()))
def test_description(text: str) -> None:
    """RFC 6749 §5.2: a description has only its characters, and what goes to the log can be encoded."""
    error = InvalidRequest(text)
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", error.as_dict()["error_description"])
    assert len(error.description) == len(text)
    assert (error.detail + str(error)).isascii()
