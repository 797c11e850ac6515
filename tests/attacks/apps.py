"""Client applications, and the protocol from their side."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.attacks.browser import Browser
from tests.attacks.cases import Request
from tests.attacks.server import Server

SCOPE = "openid email products:read"


@dataclass(frozen=True, slots=True)
class App:
    """A registered client. A public one has no secret."""

    client_id: str
    client_secret: str | None
    redirect_uri: str
    registration_access_token: str

    @property
    def credentials(self) -> dict[str, str]:
        secret = {} if self.client_secret is None else {"client_secret": self.client_secret}
        return {"client_id": self.client_id, **secret}

    def authorize_params(self, challenge: str, **changes: str) -> dict[str, str]:
        """The parameters of an authorization request; an empty challenge leaves PKCE out."""
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256"} if challenge else {}
        params = {"response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri}
        return params | {"scope": SCOPE, "state": secrets.token_urlsafe(16)} | pkce | changes


def register(server: Server, **metadata: Any) -> App:
    """Register a client as anybody may (RFC 7591)."""
    body = {"client_name": "Registered by anybody", "redirect_uris": ["https://phish.example/x"], **metadata}
    answer = server.place.send(Request(method="POST", path="/v1/oauth2/register", json=body))
    assert answer.status == 201, answer.text
    return _app(answer.json)


def create(server: Server, name: str, redirect_uri: str, *options: str) -> App:
    """Register a client as an operator does."""
    return _app(server.run("client", "create", "--name", name, "--redirect-uri", redirect_uri, *options))


def _app(made: dict[str, Any]) -> App:
    secret, token = made.get("client_secret"), made["registration_access_token"]
    return App(made["client_id"], secret, made["redirect_uris"][0], token)


def new_verifier() -> str:
    """A fresh code_verifier."""
    return secrets.token_urlsafe(40)


def challenge_of(verifier: str) -> str:
    """Its S256 challenge (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def acting_for(organization_id: str) -> dict[str, str]:
    """The parameters that ask for tokens of an organization."""
    return {"sub_type": "organization", "sub": organization_id}


def obtain_code(browser: Browser, params: dict[str, str]) -> str:
    """Go through an authorization request, allowing what is asked; `sub` is the organization to choose."""
    answer = browser.open("/oauth2/authorize", params)
    if answer.status == 200:
        chosen = {"organization_id": params["sub"]} if params.get("sub_type") == "organization" else {}
        answer = browser.submit_to("/oauth2/consent", action="allow", **chosen)
    codes = parse_qs(urlsplit(answer.location).query).get("code", [])
    assert codes, f"{answer.status} {answer.location} {answer.text}"
    return codes[0]


def redeem(server: Server, app: App, code: str, verifier: str) -> dict[str, str]:
    """The token response for a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    answer = server.post("/v1/oauth2/token", {**form, "code_verifier": verifier, **app.credentials})
    assert answer.status == 200, answer.text
    return dict(answer.json)


def obtain_tokens(server: Server, browser: Browser, app: App, **params: str) -> dict[str, str]:
    """The token response of a whole flow."""
    verifier = new_verifier()
    code = obtain_code(browser, app.authorize_params(challenge_of(verifier), **params))
    return redeem(server, app, code, verifier)


def refresh(server: Server, app: App, refresh_token: str) -> dict[str, str]:
    """The token response for a refresh token."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **app.credentials}
    answer = server.post("/v1/oauth2/token", form)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def is_active(server: Server, app: App, token: str) -> bool:
    """What introspection says of a token."""
    answer = server.post("/v1/oauth2/introspect", {"token": token, **app.credentials})
    assert answer.status == 200, answer.text
    return bool(answer.json["active"])


def authorize_path(params: dict[str, str]) -> str:
    """An authorization request as a link."""
    return f"/oauth2/authorize?{urlencode(params)}"
