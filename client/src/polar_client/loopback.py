"""Sign-in for programs on people's own machines: a browser opens, and the code comes to 127.0.0.1 (RFC 8252 §7.3)."""

import time
import webbrowser
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from polar_client.errors import PolarError
from polar_client.oauth import OAuthApp, Tokens
from polar_client.resources.oauth2 import SubType

PATH = "/callback"
DONE = "You are signed in. Close this page and go back to your program."
FAILED = "The sign-in did not succeed. Your program says why; you can close this page."


class NobodyCame(PolarError):
    """Nobody signed in before the time was over."""


def sign_in(
    client_id: str,
    *,
    issuer: str,
    scope: str = "openid profile email",
    sub_type: SubType | None = None,
    open_url: Callable[[str], Any] | None = None,
    timeout: float = 300.0,
) -> Tokens:
    """The tokens of whoever signs in, for a public client registered with the redirect URI http://127.0.0.1/callback.

    `open_url` shows an address to the person; without one the browser opens it, and where there is none, `print` may
    do. `timeout` is in seconds. Raises NobodyCame, what `OAuthApp.exchange` raises, and what calls raise.
    """
    with _Listener() as listener, OAuthApp(client_id, redirect_uri=listener.redirect_uri, issuer=issuer) as app:
        started = app.authorization_url(scope, sub_type=sub_type)
        listener.state = parse_qs(urlsplit(started.url).query)["state"][0]
        (open_url or webbrowser.open)(started.url)
        callback_url = listener.wait(time.monotonic() + timeout)
        return app.exchange(callback_url, started.saved)


class _Listener(HTTPServer):
    """Listens on a free port of this machine for the one request that carries the state of this sign-in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.redirect_uri = f"http://127.0.0.1:{self.server_port}{PATH}"
        self.state = ""
        self.callback_url = ""

    def wait(self, deadline: float) -> str:
        """The address of the callback. Raises NobodyCame."""
        while not self.callback_url:
            self.timeout = deadline - time.monotonic()
            if self.timeout <= 0:
                raise NobodyCame("Nobody signed in before the time was over.")
            self.handle_request()
        return self.callback_url

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whatever else connects to this port may break off as it likes."""


class _Answering(BaseHTTPRequestHandler):
    """Answers the callback with a page, and everything else with 404: browsers and others ask for more."""

    timeout = 5  # a connection that says nothing must not hold up the one that does

    def do_GET(self) -> None:
        """Take the callback, if it is ours."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path != PATH or query.get("state") != [self._listener.state]:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._listener.callback_url = self._listener.redirect_uri + "?" + parts.query
        self._show(DONE if "code" in query else FAILED)

    @property
    def _listener(self) -> _Listener:
        return cast(_Listener, self.server)

    def _show(self, sentence: str) -> None:
        page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Polar</title><p>{sentence}</p></html>".encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the address holds the code."""
