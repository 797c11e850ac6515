"""Trying an app: the real requests of a sign-in, made one by one as the app would make them.

Nothing of an attempt is stored: what an app keeps in its session meanwhile travels sealed in the `state`.
"""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import quote_plus, urlencode

import msgspec

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.token import token
from polar_server.authorization_server.userinfo import userinfo
from polar_server.dashboard.apps.developers import Developer
from polar_server.oauth import pkce
from polar_server.oauth.clients import AuthMethod, RegisteredClient
from polar_server.oauth.metadata import AUTHORIZE, TOKEN, USERINFO
from polar_server.oauth.server_keys import SealBroken
from polar_server.plain import Endpoint, Headers, Request

PROMPTS = {
    "": "What it needs to",
    "consent": "Ask again what was allowed before (consent)",
    "login": "Ask for the password (login)",
    "select_account": "Ask which account (select_account)",
    "none": "Show no page at all (none)",
}
"""What the server is to ask, by the value of the field."""
_PURPOSE = "attempt at an app"
_MASK = "(the secret)"


class Attempt(NamedTuple):
    """What an app keeps in the person's session until they come back."""

    code_verifier: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it was sent, its secret left out, and the answer."""

    request: str
    status: int
    body: bytes

    @property
    def answer(self) -> str:
        """The answer to be read."""
        return msgspec.json.format(self.body, indent=2).decode()

    @property
    def members(self) -> dict[str, str]:
        """The members that are texts: tokens, or an error with its description."""
        found = msgspec.json.decode(self.body)
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def to_carry(self) -> tuple[str, int, str]:
        """Past a redirect, as JSON carries it; `carried` reads it."""
        return self.request, self.status, self.body.decode()

    @classmethod
    def carried(cls, values: Sequence[Any]) -> Self:
        """What came past a redirect."""
        request, status, body = values
        return cls(request, status, body.encode())


def callback_of(developer: Developer, client: RegisteredClient) -> str:
    """The redirect URI under which attempts come back: a page of the dashboard."""
    return developer.server.issuer + developer.path(client.client_id, "try", "callback")


def begin(developer: Developer, client: RegisteredClient, asked: dict[str, str]) -> dict[str, str]:
    """The parameters of an authorization request. `asked` are those that the developer chose."""
    attempt = Attempt(_random(), _random())
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": callback_of(developer, client),
        **{name: value for name, value in asked.items() if value},
        "state": _sealed(developer, client, attempt),
        "nonce": attempt.nonce,
        "code_challenge": pkce.s256(attempt.code_verifier).decode(),
        "code_challenge_method": "S256",
    }
    # OpenID Connect Core §3.1.2.1: a nonce is for an ID token.
    return parameters if "openid" in asked.get("scope", "").split() else parameters | {"nonce": ""}


def address_of(server: AuthorizationServer, parameters: dict[str, str]) -> str:
    """The whole authorization request."""
    return f"{server.issuer}{AUTHORIZE}?{urlencode({name: value for name, value in parameters.items() if value})}"


def attempt_of(developer: Developer, client: RegisteredClient, state: str) -> Attempt | None:
    """The attempt that a state belongs to; None for one of another session or another app."""
    try:
        opened = developer.server.server_keys.open(_PURPOSE, state, _place(developer, client))
    except SealBroken:
        return None
    return Attempt(*msgspec.json.decode(opened))


async def exchange_code(
    developer: Developer, client: RegisteredClient, code: str, attempt: Attempt, secret: str
) -> Exchange:
    """Exchange the code at the token endpoint, as the app does (RFC 6749 §4.1.3)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_of(developer, client),
        "code_verifier": attempt.code_verifier,
    }
    headers: Headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    if client.auth_method is AuthMethod.CLIENT_SECRET_BASIC:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(secret)}".encode()
        headers.append((b"authorization", b"Basic " + base64.b64encode(pair)))
        credentials = {}
    else:
        credentials = {"client_id": client.client_id, **({} if client.is_public else {"client_secret": secret})}
    sent = {name: value for name, value in (form | credentials).items() if value}
    return await _call(developer, token, Request("POST", TOKEN, headers, urlencode(sent).encode()), sent)


async def ask_userinfo(developer: Developer, access_token: str) -> Exchange:
    """Ask who signed in (OpenID Connect Core §5.3)."""
    headers = [(b"authorization", f"Bearer {access_token}".encode())]
    return await _call(developer, userinfo, Request("GET", USERINFO, headers), {})


async def _call(developer: Developer, endpoint: Endpoint, request: Request, form: dict[str, str]) -> Exchange:
    """Hand the request to the endpoint itself, as one from the developer's address."""
    agent = (b"user-agent", developer.visit.user_agent.encode("latin-1", "replace"))
    sent = request._replace(peer=developer.visit.address, headers=[*request.headers, agent])
    answer = await endpoint(developer.server, sent)
    return Exchange(_shown(developer.server.issuer, request, form), answer.status, answer.body)


def _shown(issuer: str, request: Request, form: dict[str, str]) -> str:
    lines = [f"{request.method} {issuer}{request.path}"]
    for name, value in request.headers:
        text = value.decode("latin-1")
        lines.append(f"{name.decode().title()}: {f'Basic {_MASK}' if text.startswith('Basic ') else text}")
    if form:
        shown = form | ({"client_secret": _MASK} if "client_secret" in form else {})
        lines += ["", "\n&".join(f"{name}={value}" for name, value in shown.items())]
    return "\n".join(lines)


def _sealed(developer: Developer, client: RegisteredClient, attempt: Attempt) -> str:
    kept = msgspec.json.encode(attempt)
    return developer.server.server_keys.seal(_PURPOSE, kept, _place(developer, client))


def _place(developer: Developer, client: RegisteredClient) -> str:
    return f"{developer.session.id} {client.client_id}"


def _random() -> str:
    """RFC 7636 §4.1: 32 octets, which are 43 characters."""
    return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
