"""Who sits before a guide: opens the addresses that are printed, and copies what comes."""

import re
import sys
import threading
from functools import cached_property
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

import httpx
from tests.servers import Server

from polar_client.oauth import OAuthApp
from polar_client.resources.oauth2 import SubType
from polar_server.authorization_server.clients import CreatedClient
from polar_server.oauth import scopes

from .browser import allow

REDIRECT_URI = "http://localhost:8001/callback"


class Person:
    """The demo person at their own machine. Of `organizations`, by their slugs, each page is given the next."""

    def __init__(self, server: Server, organizations: tuple[str, ...]) -> None:
        self.server = server
        self.first = organizations[0]
        self.organizations = cycle(organizations)

    def fill(self, placeholder: str, printed: str) -> str:
        """What belongs in a placeholder: out of the browser, out of the terminal, or of an app made beforehand."""
        if placeholder == "polar_ac_...":
            return parse_qs(urlsplit(self.go(printed.splitlines()[-1])).query)["code"][0]
        if placeholder == f"{REDIRECT_URI}?...":
            return self.go(printed.splitlines()[-1])
        if shown := re.search(placeholder.removesuffix("...") + r"\w+", printed):
            return shown[0]
        if placeholder in ("polar_ci_...", "polar_cs_..."):
            return self.app.client_id if placeholder == "polar_ci_..." else self.app.client_secret or ""
        return self._token(placeholder.removesuffix("..."))

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
        return f"{sys.executable} -m tests.guides.browser {self.server.issuer} {self.first} %s"

    @cached_property
    def app(self) -> CreatedClient:
        """An app that is registered already, with every scope."""
        scope = " ".join(scopes.NAMES)
        return self.server.client(REDIRECT_URI, scope=scope, token_endpoint_auth_method="client_secret_post")

    def _token(self, prefix: str) -> str:
        """A token of that app, with every scope."""
        sub_type: SubType = "organization" if prefix.endswith("_o_") else "user"
        made, here = self.app, self.server.issuer
        with OAuthApp(made.client_id, made.client_secret, redirect_uri=REDIRECT_URI, issuer=here) as app:
            started = app.authorization_url(" ".join(scopes.NAMES), sub_type=sub_type)
            tokens = app.exchange(self.go(started.url), started.saved)
        (found,) = [text for text in (tokens.access_token, tokens.refresh_token or "") if text.startswith(prefix)]
        return found
