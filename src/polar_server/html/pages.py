"""Pages: templates rendered with every header, cookie and token they need; forms read and checked."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from markupsafe import Markup

from polar_server.html import cookies, csrf, form_keys, shown_once, static, words
from polar_server.html.form_keys import FormKey
from polar_server.html.headers import page_headers, redirect
from polar_server.oauth.parameters import read_form
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

PageRequest = Request[Any, Any, Any]
Page = Response[bytes]

PRODUCT = "Polar"
_OWN = Path(__file__).parent / "templates"
_CSRF_INPUT = Markup('<input type="hidden" name="csrf" value="{}">')


class SignedIn(Protocol):
    """What a page needs of a session: its id binds the forms; templates read its `user`."""

    @property
    def id(self) -> str: ...


class Pages:
    """Renders templates named `package/page.html` from the packages' folders; `html/` are our own bases."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        settings: Settings,
        server_keys: ServerKeys,
        random: Callable[[int], bytes] = os.urandom,
        filters: Mapping[str, Callable[..., str]] | None = None,
    ) -> None:
        """`filters` are those of upper floors, beside the `words.FILTERS` of all pages."""
        self._settings, self._server_keys, self._random = settings, server_keys, random
        self._environment = _environment({**folders, "html": _OWN}, reload=not settings.is_production)
        self._environment.filters.update(filters or {})

    def render(
        self,
        request: PageRequest,
        template: str,
        status: int = 200,
        *,
        headers: Mapping[str, str] | None = None,
        form_action: str | None = None,
        session: SignedIn | None = None,
        set_cookies: Iterable[Cookie] = (),
        **values: Any,
    ) -> Page:
        """A page. Its forms are bound to `session`, or to the browser cookie, which is set when missing.

        `form_action`: see `headers.page_headers`. `values` are named at the top of each template;
        a missing one raises jinja2.UndefinedError.
        """
        tokens = _FormTokens(self._server_keys, self.binding(request, session), self._new_browser)
        errors = defaultdict(str, values.pop("errors", {}))
        values = {"done": None, **values, "errors": errors, "session": session, "csrf": tokens}
        content = self._environment.get_template(template).render(values).encode("utf-8", "replace")
        return Response(
            content,
            status_code=status,
            headers={**page_headers(form_action), **(headers or {})},
            cookies=[*set_cookies, *tokens.new_cookies],
            media_type="text/html",
        )

    def text(self, template: str, **values: Any) -> str:
        """A text template, such as a mail. Values stand as they are, unescaped."""
        return self._environment.get_template(template).render({"issuer": self._settings.issuer, **values})

    def error(
        self,
        request: PageRequest,
        status: int,
        headers: Mapping[str, str] | None = None,
        message: str | None = None,
    ) -> Page:
        """The page for 403, 404, 429, 500, 503 and their like. `message` replaces the usual explanation."""
        return self.render(
            request,
            "html/error.html",
            status,
            headers=headers,
            code=status,
            message=message,
            request_id=request.scope.get("request_id"),
        )

    async def read_form(self, request: PageRequest, session: SignedIn | None) -> dict[str, str]:
        """The posted form, without its token. `session` must be the one the page was rendered with.

        Raises csrf.Forbidden for a form that is not ours, oauth.errors.InvalidRequest for one that cannot be read.
        """
        form = read_form(await request.body())
        self.check_form(request, session, form.pop(csrf.FIELD, ""))
        return form

    def check_form(self, request: PageRequest, session: SignedIn | None, given: str) -> None:
        """Whether a form with this token is one of ours. Raises csrf.Forbidden."""
        csrf.check(request, self._server_keys, self._settings.issuer, self.binding(request, session), given)

    def form_key(self, session: SignedIn, now_ms: int) -> str:
        """The hidden field `form_key` of a form that makes something, even when it is sent twice."""
        return form_keys.seal(self._server_keys, session.id, now_ms, self._random(form_keys.RANDOM_BYTES))

    def read_form_key(
        self, request: PageRequest, session: SignedIn, form: Mapping[str, str], now_ms: int
    ) -> FormKey | None:
        """What the posted form makes its things of; None when its page is too old to be sent."""
        return form_keys.read(self._server_keys, session.id, request.scope["path"], form, now_ms)

    def redirect_showing(self, session: SignedIn, path: str, done: str, now: int, **values: Any) -> Page:
        """Send the browser to the page at `path`, which shows these values once (`shown_once`) and then never again."""
        sealed = shown_once.seal(self._server_keys, session.id, path, values, now)
        cookie = cookies.set_shown_once(self._settings, sealed, shown_once.LIFETIME)
        return redirect(f"{path}?{urlencode({'done': done})}", [cookie])

    def shown_once(self, request: PageRequest, session: SignedIn, now: int) -> dict[str, Any] | None:
        """What this page shows this once, as values for `render`, which makes the browser forget it; None otherwise."""
        sealed = cookies.shown_once(request, self._settings)
        values = shown_once.open_sealed(self._server_keys, session.id, request.scope["path"], sealed, now)
        return None if values is None else {**values, "set_cookies": [cookies.clear_shown_once(self._settings)]}

    def binding(self, request: PageRequest, session: SignedIn | None) -> str | None:
        """What ties a form to a browser: the session's id, or the browser cookie. None when there is neither."""
        return session.id if session else cookies.browser(request, self._settings)

    def _new_browser(self) -> Cookie:
        return cookies.set_browser(self._settings, self._random(cookies.BROWSER_BYTES))


class _FormTokens:
    """`csrf` in a template: the hidden input of a form. The first one makes a browser cookie, when there is none."""

    def __init__(self, server_keys: ServerKeys, binding: str | None, new_browser: Callable[[], Cookie]) -> None:
        self._server_keys, self._binding, self._new_browser = server_keys, binding, new_browser
        self.new_cookies: list[Cookie] = []

    def __call__(self, action: str) -> Markup:
        return _CSRF_INPUT.format(csrf.token(self._server_keys, self._bound_to(), action))

    def bound(self, make: Callable[[str], str]) -> str:
        """What `make` gives for this browser, such as a challenge that no other one can answer."""
        return make(self._bound_to())

    def _bound_to(self) -> str:
        if self._binding is None:
            self.new_cookies.append(self._new_browser())
            self._binding = str(self.new_cookies[0].value)
        return self._binding


def _environment(folders: Mapping[str, Path], reload: bool) -> Environment:
    environment = Environment(
        loader=PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()}),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        auto_reload=reload,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(words.FILTERS)
    environment.globals.update(product=PRODUCT, brand=PRODUCT, static=lambda name: static.FILES[name].path)
    return environment


GivenPages = NamedDependency[SkipValidation[Pages]]
"""The parameter of a page: what Litestar hands in by its name."""
