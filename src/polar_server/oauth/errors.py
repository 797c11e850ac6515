"""The registered error codes, one class each (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6).

`description` is for the client's developer and tells nothing that helps an
attacker: it never distinguishes an unknown token from an expired one. `detail`
is for our log and says exactly what was wrong, without secrets.
"""

import re
from typing import ClassVar

# RFC 6749 §5.2: what error_description may contain.
_ALLOWED = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")


class OAuthError(Exception):
    """A refusal. `code` goes on the wire as `error`, `status` is the HTTP status of a direct answer."""

    code: ClassVar[str]
    status: ClassVar[int] = 400

    def __init__(self, description: str, *, detail: str = "") -> None:
        super().__init__(detail or description)
        self.description = _printable(description)
        self.detail = detail or description

    def as_dict(self) -> dict[str, str]:
        """The members of an error response."""
        return {"error": self.code, "error_description": self.description}


class InvalidRequest(OAuthError):
    code = "invalid_request"


class PayloadTooLarge(InvalidRequest):
    """The request is larger than anything a client has reason to send."""

    status = 413


class InvalidClient(OAuthError):
    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """The description is fixed: why a code or refresh token is refused is nobody's business but ours."""

    code = "invalid_grant"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "The authorization code or refresh token is invalid, expired, revoked or was issued to another client.", detail=detail
        )


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"


class InvalidScope(OAuthError):
    code = "invalid_scope"


class AccessDenied(OAuthError):
    code = "access_denied"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"


class ServerError(OAuthError):
    code = "server_error"
    status = 500


class TemporarilyUnavailable(OAuthError):
    code = "temporarily_unavailable"
    status = 503


class LoginRequiredError(OAuthError):
    code = "login_required"


class ConsentRequiredError(OAuthError):
    code = "consent_required"


class AccountSelectionRequiredError(OAuthError):
    code = "account_selection_required"


class RequestNotSupported(OAuthError):
    code = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    code = "request_uri_not_supported"


class RegistrationNotSupported(OAuthError):
    code = "registration_not_supported"


class InvalidRedirectUri(OAuthError):
    """RFC 7591 §3.2.2."""

    code = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    """RFC 7591 §3.2.2."""

    code = "invalid_client_metadata"


class InvalidToken(OAuthError):
    """RFC 6750 §3.1. One description for every reason, as for InvalidGrant."""

    code = "invalid_token"
    status = 401

    def __init__(self, detail: str) -> None:
        super().__init__("The access token is invalid, expired or revoked.", detail=detail)


class InsufficientScope(OAuthError):
    """RFC 6750 §3.1. `scope` is what the request would have needed."""

    code = "insufficient_scope"
    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(f"The access token lacks the scope {scope}.")
        self.scope = scope


def _printable(text: str) -> str:
    """The text with every character that an error_description may not carry replaced by an apostrophe or a question mark."""
    if _ALLOWED.fullmatch(text):
        return text
    return "".join(c if _ALLOWED.fullmatch(c) else "'" if c in '"\\' else "?" for c in text)
