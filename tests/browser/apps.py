"""Clients for people in a browser to sign in to."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from tests.servers import Server


@dataclass(frozen=True)
class App:
    """A confidential client. Each request has the same state and verifier: other tests are about those."""

    server: Server
    redirect_uri: str
    client_id: str
    client_secret: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def address(self, **parameters: str) -> str:
        """The URL of an authorization request; `parameters` are added to the usual ones."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        usual = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": "af0ifjsldkj",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.server.issuer}/oauth2/authorize?{urlencode(usual | parameters)}"

    @property
    def is_back(self) -> str:
        """The pattern of URLs on which people come back."""
        return f"{self.redirect_uri}?*"

    def answer(self, callback: str) -> dict[str, str]:
        """What came back: the query of a callback's URL, or the body of a posted form."""
        text = urlsplit(callback).query if callback.startswith(self.redirect_uri) else callback
        parameters = {name: values[0] for name, values in parse_qs(text).items()}
        assert parameters["state"] == "af0ifjsldkj"
        assert parameters["iss"] == self.server.issuer
        return parameters

    def token(self, callback: str) -> Any:
        """Exchange the code that came back."""
        form = {"grant_type": "authorization_code", "code": self.answer(callback)["code"]}
        form |= {"redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        return self.post("token", form)

    def introspect(self, token: str) -> Any:
        """What the server says of a token."""
        return self.post("introspect", {"token": token})

    def post(self, endpoint: str, form: dict[str, str]) -> Any:
        address = f"{self.server.issuer}/v1/oauth2/{endpoint}"
        response = httpx.post(address, data=form, auth=(self.client_id, self.client_secret))
        response.raise_for_status()
        return response.json()


def registered(server: Server, site: str, **metadata: Any) -> App:
    """A new app at this site, which people know as "Tune Shop" unless told otherwise."""
    redirect_uri = f"{site}/callback"
    named = {"client_name": "Tune Shop", "token_endpoint_auth_method": "client_secret_basic", **metadata}
    made = server.client(redirect_uri, **named)
    assert made.client_secret, "it is confidential"
    return App(server, redirect_uri, made.client_id, made.client_secret)


class Page(BaseHTTPRequestHandler):
    """The app's only page: its address says how it went, and what was posted to it is shown.

    Under /stay there is none, so that the browser stays where it was.
    """

    def do_GET(self) -> None:
        posted = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self.send_response(204 if self.path.startswith("/stay") else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path.startswith("/stay"):
            return
        head = "<!doctype html><html lang=en><link rel=icon href='data:,'><title>App</title>"
        self.wfile.write(f"{head}<h1>Back at the app</h1><pre>{posted}</pre>".encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    """Where apps live; gives the origin. It is another site than the server's, since that is called localhost."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
