"""A browser at the authorization endpoint: what it asks, who is signed in, and what happened on our pages already."""

import os
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from litestar.datastructures import Cookie

from polar_server.accounts.return_to import sign_in_path
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit, visit_of
from polar_server.authorization_server import client_queries, consent_queries
from polar_server.authorization_server.answers import Reply, show_refusal
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.client_events import note_visit
from polar_server.authorization_server.continuations import PARAMETER, Sealer, WrongBrowser
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.html import Page, PageRequest, Pages, cookies
from polar_server.oauth import authorization, id_token
from polar_server.oauth.authorization import AuthorizationRequest, Continuation, Outcome, ReturnAddress, SignedIn
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import InvalidClient, InvalidRequest, OAuthError
from polar_server.oauth.metadata import AUTHORIZE
from polar_server.oauth.parameters import read_form

# The request has to fit, percent-encoded once more, into the address of the sign-in page.
MAX_QUERY = 7000


class Refused(Exception):
    """The request cannot go on. Without `to`, nothing may be sent to the client.

    `named` is the app that the request names, also where nothing proves that it made it.
    """

    def __init__(
        self,
        error: OAuthError,
        client: RegisteredClient | None = None,
        to: ReturnAddress | None = None,
        named: RegisteredClient | None = None,
    ) -> None:
        super().__init__(error.detail)
        self.error, self.client, self.to, self.named = error, client, to, client or named

    def answer(self, server: AuthorizationServer, request: PageRequest, pages: Pages, session: Session | None) -> Page:
        """The page, or the way back to the client.

        RFC 9700 §4.11.2: a client that anybody may have registered gets no visitor by way of an
        error before the person has signed in here; else a link of ours would lead anywhere.
        """
        if self.to is None or (self.client and self.client.is_anonymous and session is None):
            if self.named is not None:
                visit = visit_of(request, server.settings.trusted_proxies, server.clock())
                detail = f"{self.error.code}: {self.error.detail}"
                note_visit(server, self.named.client_id, "authorize.refused", visit, detail)
            return show_refusal(request, pages, self.error, self.client)
        assert self.client is not None, "a redirect URI is trusted as one of a client's"
        return Reply(server, request, pages, self.client, self.to).error(self.error)


@dataclass(frozen=True)
class Visitor:
    """A valid request in a browser."""

    server: AuthorizationServer
    http: PageRequest
    session: Session | None
    asked: AuthorizationRequest
    sealer: Sealer
    continuation: Continuation | None
    new_cookies: tuple[Cookie, ...]
    now: int

    @property
    def signed_in(self) -> Session:
        """The session, where the protocol has already required one."""
        assert self.session is not None, "asked for after LoginRequired only"
        return self.session

    @property
    def visit(self) -> Visit:
        """The browser, as the audit log tells it."""
        return visit_of(self.http, self.server.settings.trusted_proxies, self.server.clock())

    @cached_property
    def hinted_user_id(self) -> str | None:
        """The person of the id_token_hint. Raises InvalidRequest."""
        if self.asked.id_token_hint is None:
            return None
        keys = self.server.signing_keys.published(self.now)
        return id_token.subject_of_hint(self.asked.id_token_hint, keys, self.server.issuer, self.asked.client.client_id)

    async def decide(self) -> Outcome:
        """What has to happen next."""
        signed_in = SignedIn(self.session.user.id, self.session.authenticated_at) if self.session else None
        return authorization.decide(
            self.asked,
            signed_in,
            await self._consented(),
            hinted_user_id=self.hinted_user_id,
            continuation=self.continuation,
            now=self.now,
        )

    async def _consented(self) -> frozenset[str] | None:
        if self.session is None:
            return None
        subject = authorization.subject_of(
            self.asked, self.session.user.id, storable(self.asked.preselected or "") or None
        )
        async with self.server.database.read() as tx:
            return await consent_queries.find_consent(tx, self.asked.client.client_id, subject)

    def reply(self, pages: Pages) -> Reply:
        """The way back to the client."""
        return Reply(self.server, self.http, pages, self.asked.client, self.asked.to)

    def query(self, continuation: Continuation | None) -> str:
        """The query of the request, with a continuation."""
        if continuation is None:
            return self.sealer.query
        return f"{self.sealer.query}&{urlencode({PARAMETER: self.sealer.seal(continuation)})}"

    def path(self, continuation: Continuation | None) -> str:
        """Where the browser comes back to."""
        return f"{AUTHORIZE}?{self.query(continuation)}"

    def selected(self) -> Continuation:
        """The continuation after the person has said which account to use."""
        return Continuation(self.continuation.started_at if self.continuation else self.now, account_selected=True)

    def switch_account_path(self) -> str:
        """Sign in as somebody else, then come back."""
        return sign_in_path(self.path(Continuation(self.now, account_selected=True)))


async def arrive(server: AuthorizationServer, request: PageRequest, session: Session | None) -> Visitor:
    """Read a request, in the two phases of RFC 6749 §4.1.2.1. Raises Refused."""
    client = None
    try:
        parameters = read_form(request.scope["query_string"])
        client = await _client(server, parameters)
        to = authorization.return_address(parameters, client)
    except OAuthError as error:
        raise Refused(error, named=client) from error
    try:
        visitor = _visitor(server, request, session, parameters, authorization.parse(parameters, client, to))
        _ = visitor.hinted_user_id
    except OAuthError as error:
        raise Refused(error, client, to) from error
    except WrongBrowser as error:
        raise Refused(_ANOTHER_BROWSER, client) from error
    return visitor


_ANOTHER_BROWSER = InvalidRequest(
    "This step belongs to another browser or to another sign-in. Start again from the app.",
    detail="a continuation of another browser or request",
)


async def _client(server: AuthorizationServer, parameters: dict[str, str]) -> RegisteredClient:
    async with server.database.read() as tx:
        client = await client_queries.find_client(tx, storable(authorization.client_id_of(parameters)))
    if client is None:
        raise InvalidClient("client_id is unknown: no app is registered under it.")
    return client


def _visitor(
    server: AuthorizationServer,
    request: PageRequest,
    session: Session | None,
    parameters: dict[str, str],
    asked: AuthorizationRequest,
) -> Visitor:
    browser, new_cookies = _browser(server, request)
    sealed = parameters.pop(PARAMETER, None)
    sealer, now = Sealer(server.server_keys, browser, urlencode(parameters)), int(server.clock())
    if len(sealer.query) > MAX_QUERY:
        raise InvalidRequest(f"The request is longer than {MAX_QUERY} characters.")
    continuation = sealer.open(sealed, now) if sealed else None
    return Visitor(server, request, session, asked, sealer, continuation, new_cookies, now)


def _browser(server: AuthorizationServer, request: PageRequest) -> tuple[str, tuple[Cookie, ...]]:
    """What knows this browser, before and after sign-in alike."""
    known = cookies.browser(request, server.settings)
    if known is not None:
        return known, ()
    cookie = cookies.set_browser(server.settings, os.urandom(cookies.BROWSER_BYTES))
    return str(cookie.value), (cookie,)


async def describe_return_to(server: AuthorizationServer, return_to: str) -> RegisteredClient | None:
    """The app that a return_to path leads to, for the sign-in page, or None."""
    path, _, query = return_to.partition("?")
    if path != AUTHORIZE:
        return None
    try:
        return await _client(server, read_form(query.encode()))
    except OAuthError:
        return None
