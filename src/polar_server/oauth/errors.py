"""The registered error codes, one class each (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6).

`description` is for the client's developer and tells nothing that helps an
attacker: it never distinguishes an unknown token from an expired one. `detail`
is for our log and says exactly what was wrong, without secrets.
"""

import re
from typing import ClassVar

# RFC 6749 §5.2: what error_description may not contain.
_FORBIDDEN = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")


class OAuthError(Exception):
    """A refusal. `code` goes on the wire as `error`, `status` is the HTTP status of a direct answer."""

    code: ClassVar[str]
    status: ClassVar[int] = 400

    def __init__(self, description: str, *, detail: str = "") -> None:
        self.description = _printable(description)
        self.detail = detail or self.description
        super().__init__(self.detail)

    def as_dict(self) -> dict[str, str]:
        """The members of an error response."""
        return {"error": self.code, "error_description": self.description}


class InvalidRequest(OAuthError):
    """RFC 6749 §4.1.2.1, §5.2: a parameter is missing, repeated, malformed or does not fit the others."""

    code = "invalid_request"


class PayloadTooLarge(InvalidRequest):
    """The request is larger than anything a client has reason to send."""

    status = 413


class InvalidClient(OAuthError):
    """RFC 6749 §5.2: client authentication failed."""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """The description is fixed: why a code or refresh token is refused is nobody's business but ours."""

    code = "invalid_grant"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "The authorization code or refresh token is invalid, expired, revoked or was issued to another client.",
            detail=detail,
        )


class UnauthorizedClient(OAuthError):
    """RFC 6749 §4.1.2.1, §5.2: the client may not use this grant type."""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """RFC 6749 §5.2."""

    code = "unsupported_grant_type"


class InvalidScope(OAuthError):
    """RFC 6749 §4.1.2.1, §5.2: the scope is unknown, malformed or wider than allowed."""

    code = "invalid_scope"


class AccessDenied(OAuthError):
    """RFC 6749 §4.1.2.1: the person said no."""

    code = "access_denied"


class UnsupportedResponseType(OAuthError):
    """RFC 6749 §4.1.2.1."""

    code = "unsupported_response_type"


class ServerError(OAuthError):
    """RFC 6749 §4.1.2.1: a fault of ours."""

    code = "server_error"
    status = 500


class TemporarilyUnavailable(OAuthError):
    """RFC 6749 §4.1.2.1: try again later."""

    code = "temporarily_unavailable"
    status = 503


class LoginRequiredError(OAuthError):
    """OpenID Connect Core §3.1.2.6: prompt=none, and nobody is signed in, or not recently enough."""

    code = "login_required"


class ConsentRequiredError(OAuthError):
    """OpenID Connect Core §3.1.2.6: prompt=none, and the person has not decided yet."""

    code = "consent_required"


class AccountSelectionRequiredError(OAuthError):
    """OpenID Connect Core §3.1.2.6: prompt=none, and an account has to be chosen."""

    code = "account_selection_required"


class RequestNotSupported(OAuthError):
    """OpenID Connect Core §3.1.2.6."""

    code = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    """OpenID Connect Core §3.1.2.6."""

    code = "request_uri_not_supported"


class RegistrationNotSupported(OAuthError):
    """OpenID Connect Core §3.1.2.6."""

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
    """The text with what an error_description may not carry replaced by an apostrophe or a question mark."""
    return _FORBIDDEN.sub(lambda found: "'" if found[0] in '"\\' else "?", text)
