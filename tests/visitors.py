"""A person's browser over plain HTTP: follows redirects within the server, and fills in the forms of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from .servers import PASSWORD, Server


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back to the client: an address, and the fields of a form_post."""

    url: str
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """A form of a page: where it posts to, and its hidden fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Every form of a page that posts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method") == "post":
            self.found.append(Form(values["action"]))
        if tag == "input" and values.get("type") == "hidden" and self.found:
            self.found[-1].fields[values["name"]] = values["value"]


class Visitor:
    """One browser, with its cookies. `page` is what it shows."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.issuer)
        self.page: httpx.Response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.close()

    def open(self, url: str) -> Answer | None:
        """Follow the address to a page, or to the client."""
        return self._follow(self.client.get(url))

    def submit(self, path: str, **typed: str) -> Answer | None:
        """Send the form of the page that posts to this path."""
        form = next(form for form in Forms(self.page.text).found if urlsplit(form.action).path == path)
        return self._follow(self.client.post(form.action, data={**form.fields, **typed}))

    def sign_in(self, email: str) -> None:
        """Sign in on the server's own page."""
        self.open("/sign-in")
        self.submit("/sign-in", email=email, password=PASSWORD)
        assert self.path == "/account", self.page.text

    def authorize(self, url: str, email: str, action: str = "allow", organization_id: str = "") -> Answer:
        """Open an authorization request and answer what the server asks until the browser is back at the client."""
        answer = self.open(url)
        if answer is None and self.path == "/sign-in":
            answer = self.submit("/sign-in", email=email, password=PASSWORD)
        if answer is None:
            typed = {"organization_id": organization_id} if organization_id else {}
            answer = self.submit("/oauth2/consent", action=action, **typed)
        assert answer is not None, self.page.text
        return answer

    @property
    def path(self) -> str:
        return self.page.url.path

    def _follow(self, response: httpx.Response) -> Answer | None:
        while response.is_redirect:
            url = urljoin(str(response.url), response.headers["location"])
            if not self._is_ours(url):
                return Answer(url)
            response = self.client.get(url)
        self.page = response
        return next((Answer(f.action, f.fields) for f in Forms(response.text).found if self._is_away(f.action)), None)

    def _is_ours(self, url: str) -> bool:
        return url.startswith(f"{self.server.issuer}/")

    def _is_away(self, action: str) -> bool:
        return not action.startswith("/") and not self._is_ours(action)
