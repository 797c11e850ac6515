"""Who sits before a guide: opens the addresses that are printed, and copies what comes."""

import sys
import threading
from functools import cached_property
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

import httpx
from tests.servers import Server

from polar_client.oauth import OAuthApp
from polar_server.authorization_server.clients import CreatedClient
from polar_server.oauth import scopes

from .browser import allow

REDIRECT_URI = "http://localhost:8001/callback"


class Person:
    """The demo person at their own machine. Of `organizations`, by their slugs, each page is given the next."""

    def __init__(self, server: Server, organizations: tuple[str, ...]) -> None:
        self.server = server
        self.organizations = cycle(organizations)

    def fill(self, placeholder: str, last_line: str) -> str:
        """What belongs in a placeholder: out of the browser, out of the terminal, or of an app made beforehand."""
        if placeholder == "polar_ac_...":
            return parse_qs(urlsplit(self.go(last_line)).query)["code"][0]
        name, _, copied = last_line.partition("=")
        if name and copied.startswith(placeholder.removesuffix("...")):
            return copied
        ready = {"polar_ci_...": self.app.client_id, "polar_cs_...": self.app.client_secret or ""}
        if placeholder in ready:
            return ready[placeholder]
        return self.token({"polar_at_u_...": "user", "polar_at_o_...": "organization"}[placeholder])

    def go(self, url: str) -> str:
        """Where the browser ends, after this address was opened and allowed."""
        return allow(self.server.issuer, url, next(self.organizations))

    def browse(self, url: str) -> None:
        """What `webbrowser.open` does: go there, and come back to the program by itself."""
        callback = self.go(url)
        threading.Thread(target=httpx.get, args=(callback,)).start()

    @property
    def browser(self) -> str:
        """The same as a command."""
        return f"{sys.executable} -m tests.guides.browser {self.server.issuer} {next(self.organizations)} %s"

    @cached_property
    def app(self) -> CreatedClient:
        """An app that is registered already, with every scope."""
        scope = " ".join(scopes.NAMES)
        return self.server.client(REDIRECT_URI, scope=scope, token_endpoint_auth_method="client_secret_post")

    def token(self, sub_type: str) -> str:
        """An access token of that app, with every scope."""
        made = self.app
        with OAuthApp(made.client_id, made.client_secret, redirect_uri=REDIRECT_URI, issuer=self.server.issuer) as app:
            started = app.authorization_url(" ".join(scopes.NAMES), sub_type=sub_type)  # type: ignore[arg-type]
            return app.exchange(self.go(started.url), started.saved).access_token
