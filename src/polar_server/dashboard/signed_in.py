"""What every page of the dashboard that somebody signed in for can do: read its forms, and send the browser on."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.html import Page, PageRequest, Pages, redirect
from polar_server.html.form_keys import FormKey


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A request for a page, by somebody who is signed in, and the parts that answer it."""

    request: PageRequest
    server: AuthorizationServer
    pages: Pages
    session: Session
    visit: Visit

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return self.visit.now

    @abstractmethod
    def path(self, *parts: str) -> str:
        """An address where this page stands."""

    def go(self, *parts: str, done: str | None = None, asked: Iterable[tuple[str, str]] = ()) -> Page:
        """Send the browser there after a form, to what is `asked`; `done` is a word whose sentence the page knows."""
        query = [*asked, *([] if done is None else [("done", done)])]
        return redirect(self.path(*parts) + (f"?{urlencode(query)}" if query else ""))

    async def read_form(self) -> dict[str, str]:
        """The posted form. Raises csrf.Forbidden."""
        return await self.pages.read_form(self.request, self.session)

    def form_key(self) -> str:
        """The field `form_key` of the page's forms that make something."""
        return self.pages.form_key(self.session, self.visit.now_ms)

    def read_form_key(self, form: Mapping[str, str]) -> FormKey | None:
        """What a posted form draws from; None when its page is too old."""
        return self.pages.read_form_key(self.request, self.session, form, self.visit.now_ms)

    def go_showing(self, *parts: str, done: str, **values: Any) -> Page:
        """Send the browser to a page that shows these values once."""
        return self.pages.redirect_showing(self.session, self.path(*parts), done, self.now, **values)

    def shown_once(self) -> dict[str, Any] | None:
        """What this page shows this once, as values for `render`."""
        return self.pages.shown_once(self.request, self.session, self.now)
