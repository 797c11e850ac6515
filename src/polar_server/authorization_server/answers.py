"""Going back to the client, or showing why we cannot (RFC 6749 §4.1.2)."""

from dataclasses import dataclass

import structlog

from polar_server.accounts.visits import visit_of
from polar_server.authorization_server.client_events import note_visit
from polar_server.authorization_server.responses import authorization_parameters, with_parameters
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.html import Page, PageRequest, Pages, redirect
from polar_server.oauth.authorization import ResponseMode, ReturnAddress
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import InvalidClient, OAuthError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """The way back to a client whose redirect URI is trusted."""

    server: AuthorizationServer
    http: PageRequest
    pages: Pages
    client: RegisteredClient
    to: ReturnAddress

    def code(self, code: str) -> Page:
        """The successful authorization response (§4.1.2)."""
        return self._send({"code": code})

    def error(self, error: OAuthError) -> Page:
        """The error response (§4.1.2.1)."""
        log.info("authorization_refused", error=error.code, detail=error.detail, client_id=self.client.client_id)
        visit = visit_of(self.http, self.server.settings.trusted_proxies, self.server.clock())
        note_visit(self.server, self.client.client_id, "authorize.refused", visit, f"{error.code}: {error.detail}")
        return self._send(error.as_dict())

    def _send(self, members: dict[str, str]) -> Page:
        parameters = authorization_parameters(self.to, self.server.issuer, members)
        if self.to.response_mode is ResponseMode.QUERY:
            return redirect(with_parameters(self.to.redirect_uri, parameters))
        return self.pages.render(
            self.http,
            "authorization_server/form_post.html",
            form_action="any",
            redirect_uri=self.to.redirect_uri,
            parameters=parameters,
            client=self.client,
        )


def show_refusal(request: PageRequest, pages: Pages, error: OAuthError, client: RegisteredClient | None = None) -> Page:
    """The page for a request whose client or redirect URI is not trusted: nothing leaves this server."""
    log.info("authorization_refused", error=error.code, detail=error.detail, shown=True)
    return pages.render(
        request,
        "authorization_server/error.html",
        400,
        error=error.code,
        description=error.description,
        fix=_fix(error, client),
        request_id=request.scope.get("request_id"),
    )


def _fix(error: OAuthError, client: RegisteredClient | None) -> str:
    if isinstance(error, InvalidClient):
        return "Send the client_id that you got when you registered the app. A deleted app has to be registered again."
    if "redirect_uri" in error.description:
        return (
            "Send exactly one of the redirect URIs that the app registered: every character counts, "
            "also the scheme, the port and a slash at the end."
        )
    if client is not None and client.is_anonymous:
        return "The app was registered without an account, so errors are shown here until the person has signed in."
    return "Start again from the app. Each parameter may appear once, and the address must not be changed on the way."
