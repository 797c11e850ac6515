"""A browser: cookies, the page it is on, and that page's forms."""

from collections.abc import Mapping
from http.cookies import SimpleCookie

from tests.attacks.cases import Request
from tests.attacks.pages import Form, Page
from tests.attacks.server import ISSUER, Server
from tests.attacks.wire import Response

SESSION, BROWSER = "__Host-polar_session", "__Host-polar_browser"


class Browser:
    """Stays where it is: a redirect is an answer like any other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.cookies: dict[str, str] = {}
        self.page = Page("")

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def open(self, path: str, params: Mapping[str, str | list[str]] | None = None) -> Response:
        return self._send(Request(method="GET", path=path, params={**(params or {})}, headers=self._headers()))

    def submit(self, form: Form, **typed: str) -> Response:
        """Post a form of the page with what a person typed or chose."""
        fields: dict[str, str | list[str]] = {**form.fields, **typed}
        return self._send(Request(method="POST", path=form.action, form=fields, headers=self._headers()))

    def submit_to(self, path: str, **typed: str) -> Response:
        """Post the form of the page that goes to this path."""
        return self.submit(self.page.form(path), **typed)

    def follow(self, response: Response) -> Response:
        """Go where an answer leads within the server, for a few steps."""
        for _ in range(5):
            path = response.location.removeprefix(ISSUER)
            if not path.startswith("/"):
                break
            response = self.open(path)
        return response

    def _headers(self) -> dict[str, str | list[str]]:
        return {"Cookie": self.cookie_header} if self.cookies else {}

    def _send(self, request: Request) -> Response:
        response = self._server.place.send(request)
        for line in response.all("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        self.page = Page(response.text)
        return response
