"""The authorization request and what to do with it (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).

Two phases. Before the client and its redirect URI are trusted, an error is shown
to the person and nothing is sent anywhere. After that, errors go to the client.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from polar_server.oauth import pkce, redirect_uris, scopes
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import (
    InvalidRequest,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from polar_server.oauth.subjects import Subject, SubjectType

MAX_STATE = 12_000
MAX_NONCE = 2_000
MAX_AGE_DIGITS = 9

PROMPTS = ("none", "login", "consent", "select_account")


class ResponseMode(StrEnum):
    """How the response travels (OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode)."""

    QUERY = "query"
    FORM_POST = "form_post"


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where a response goes, once the redirect URI is trusted."""

    redirect_uri: str
    sent_redirect_uri: str | None
    response_mode: ResponseMode
    state: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request of a known client."""

    client: RegisteredClient
    to: ReturnAddress
    scopes: tuple[str, ...]
    nonce: str | None
    code_challenge: str | None
    prompts: frozenset[str]
    max_age: int | None
    login_hint: str | None
    id_token_hint: str | None
    sub_type: SubjectType
    preselected: str | None

    @property
    def is_silent(self) -> bool:
        """Whether no page may be shown (prompt=none)."""
        return "none" in self.prompts


def client_id_of(parameters: Mapping[str, str]) -> str:
    """The client that the request names. Raises InvalidRequest, to be shown."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise InvalidRequest("client_id is missing.")
    return client_id


def return_address(parameters: Mapping[str, str], client: RegisteredClient) -> ReturnAddress:
    """The first phase. Raises InvalidRequest, to be shown: the redirect URI cannot be trusted."""
    sent = parameters.get("redirect_uri")
    # OpenID Connect Core §3.1.2.1: REQUIRED for OpenID requests.
    is_openid = "openid" in parameters.get("scope", client.scope).split(" ")
    redirect_uri = redirect_uris.choose(sent, client.redirect_uris, public=client.is_public, required=is_openid)
    mode = parameters.get("response_mode")
    known = ResponseMode(mode) if mode in tuple(ResponseMode) else ResponseMode.QUERY
    return ReturnAddress(redirect_uri, sent, known, parameters.get("state"))


def parse(parameters: Mapping[str, str], client: RegisteredClient, to: ReturnAddress) -> AuthorizationRequest:
    """The second phase. Raises the OAuthError that goes back to the client."""
    _refuse_unsupported(parameters)
    response_type = parameters.get("response_type")
    if response_type is None:
        raise InvalidRequest("response_type is missing.")
    if response_type != "code":
        raise UnsupportedResponseType("response_type must be code.")
    if parameters.get("response_mode", ResponseMode.QUERY) not in tuple(ResponseMode):
        raise InvalidRequest("response_mode must be query or form_post.")
    client.require_grant_type("authorization_code")
    asked = scopes.requested(parameters.get("scope"), client.scope)
    return AuthorizationRequest(
        client=client,
        to=_checked(to),
        scopes=asked,
        nonce=_nonce(parameters.get("nonce")),
        code_challenge=pkce.challenge_of(parameters, required=client.is_public or client.require_pkce),
        prompts=_prompts(parameters.get("prompt", "")),
        max_age=_max_age(parameters.get("max_age")),
        login_hint=parameters.get("login_hint"),
        id_token_hint=parameters.get("id_token_hint"),
        sub_type=_sub_type(parameters.get("sub_type"), client),
        preselected=parameters.get("sub"),
    )


def _refuse_unsupported(parameters: Mapping[str, str]) -> None:
    # OpenID Connect Core §3.1.2.6: what we do not read must not be ignored silently.
    if "request" in parameters:
        raise RequestNotSupported("Request objects are not supported; send the parameters themselves.")
    if "request_uri" in parameters:
        raise RequestUriNotSupported("request_uri is not supported; send the parameters themselves.")
    if "registration" in parameters:
        raise RegistrationNotSupported("The registration parameter is not supported; use the registration endpoint.")


def _checked(to: ReturnAddress) -> ReturnAddress:
    if to.state is not None and len(to.state) > MAX_STATE:
        raise InvalidRequest(f"state is longer than {MAX_STATE} characters.")
    return to


def _nonce(nonce: str | None) -> str | None:
    if nonce is not None and (len(nonce) > MAX_NONCE or not nonce.isprintable()):
        raise InvalidRequest(f"nonce is longer than {MAX_NONCE} characters or contains control characters.")
    return nonce


def _prompts(prompt: str) -> frozenset[str]:
    prompts = frozenset(prompt.split(" ")) - {""}
    if unknown := sorted(prompts.difference(PROMPTS)):
        raise InvalidRequest(f"Unknown prompt: {unknown[0][:50]}.")
    # OpenID Connect Core §3.1.2.1: none together with any other value is an error.
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequest("prompt=none cannot be combined with another prompt.")
    return prompts


def _max_age(max_age: str | None) -> int | None:
    if max_age is None:
        return None
    if not (max_age.isascii() and max_age.isdigit() and len(max_age) <= MAX_AGE_DIGITS):
        raise InvalidRequest("max_age must be a number of seconds.")
    return int(max_age)


def _sub_type(sub_type: str | None, client: RegisteredClient) -> SubjectType:
    if sub_type is None:
        return client.default_sub_type
    if sub_type not in tuple(SubjectType):
        raise InvalidRequest("sub_type must be user or organization.")
    return SubjectType(sub_type)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is at the browser, and since when (seconds)."""

    user_id: str
    authenticated_at: int


@dataclass(frozen=True, slots=True)
class Continuation:
    """What already happened on our pages for this request: prompts are answered once, not at every step."""

    started_at: int
    account_selected: bool = False


@dataclass(frozen=True, slots=True)
class LoginRequired:
    """The person must sign in, or sign in again."""


@dataclass(frozen=True, slots=True)
class AccountSelectionRequired:
    """The person must say which account to use."""


@dataclass(frozen=True, slots=True)
class ConsentRequired:
    """The person must decide on the consent page."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A remembered decision covers the request."""

    subject: Subject
    scopes: tuple[str, ...]


Outcome = LoginRequired | AccountSelectionRequired | ConsentRequired | Approved


def decide(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    consented: frozenset[str] | None,
    *,
    hinted_user_id: str | None = None,
    continuation: Continuation | None = None,
    now: int,
) -> Outcome:
    """What has to happen next.

    `consented` are the scopes of the remembered decision for this person, client,
    sub_type and organization, None without one. `hinted_user_id` is the person of a
    verified id_token_hint. The outcomes carry the names of OpenID Connect Core
    §3.1.2.6, so that prompt=none answers them as errors and everybody else as pages.
    """
    if signed_in is None or not _is_fresh(request, signed_in, continuation, now):
        return LoginRequired()
    if hinted_user_id is not None and hinted_user_id != signed_in.user_id:
        return LoginRequired()
    if "select_account" in request.prompts and not (continuation and continuation.account_selected):
        return AccountSelectionRequired()
    if "consent" in request.prompts or consented is None or not consented.issuperset(request.scopes):
        return ConsentRequired()
    if not may_skip_consent(request):
        return ConsentRequired()
    return Approved(subject_of(request, signed_in.user_id, request.preselected), request.scopes)


def subject_of(request: AuthorizationRequest, user_id: str, organization_id: str | None) -> Subject:
    """The subject of a grant on this request."""
    return Subject(request.sub_type, user_id, organization_id if request.sub_type is SubjectType.ORGANIZATION else None)


def may_skip_consent(request: AuthorizationRequest) -> bool:
    """Whether a remembered decision may stand for the page.

    RFC 8252 §8.6: any app on the machine can pose as a public client on loopback or
    a private scheme. And an organization must have been named to be remembered.
    """
    if request.client.is_public and redirect_uris.is_local(request.to.redirect_uri):
        return False
    return request.sub_type is SubjectType.USER or request.preselected is not None


def _is_fresh(request: AuthorizationRequest, signed_in: SignedIn, continuation: Continuation | None, now: int) -> bool:
    """Whether the sign-in is recent enough for prompt=login and max_age (OpenID Connect Core §3.1.2.1)."""
    if continuation is not None and signed_in.authenticated_at >= continuation.started_at:
        return True
    # Also within the second of the sign-in: max_age=0 is equivalent to prompt=login.
    if "login" in request.prompts or request.max_age == 0:
        return False
    return request.max_age is None or now - signed_in.authenticated_at <= request.max_age
