"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2)."""

from urllib.parse import urlencode

from litestar import HttpMethod, route

from polar_server.accounts.desk import GivenSession
from polar_server.accounts.return_to import sign_in_path
from polar_server.authorization_server import consent
from polar_server.authorization_server.answers import show_refusal
from polar_server.authorization_server.approvals import Approval, approve
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.authorization_server.visitors import Refused, Visitor, arrive
from polar_server.html import GivenPages, Page, PageRequest, Pages, redirect
from polar_server.oauth.authorization import (
    AccountSelectionRequired,
    Approved,
    ConsentRequired,
    Continuation,
    LoginRequired,
)
from polar_server.oauth.errors import ConsentRequiredError, LoginRequiredError, OAuthError
from polar_server.oauth.metadata import AUTHORIZE
from polar_server.oauth.parameters import is_form, read_form

SELECT_ACCOUNT = "/oauth2/select-account"


@route(AUTHORIZE, http_method=[HttpMethod.GET], include_in_schema=False)
async def authorize(request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages) -> Page:
    """Answer an authorization request: by a page of ours, or by going back to the client."""
    try:
        visitor = await arrive(server, request, session)
        return await _proceed(server, visitor, pages)
    except Refused as refused:
        return refused.answer(server, request, pages, session)


@route(AUTHORIZE, http_method=[HttpMethod.POST], include_in_schema=False)
async def authorize_by_post(request: PageRequest, pages: GivenPages) -> Page:
    """Take the parameters of a POST (OpenID Connect Core §3.1.2.1) into the URL, where they stay until the end.

    A cross-site POST carries no SameSite cookie; the GET that follows does.
    """
    try:
        if not is_form(request.headers.get("content-type")):
            return pages.error(request, 415)
        return redirect(f"{AUTHORIZE}?{urlencode(read_form(await request.body()))}")
    except OAuthError as error:
        return show_refusal(request, pages, error)


@route(SELECT_ACCOUNT, http_method=[HttpMethod.POST], include_in_schema=False)
async def select_account(request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages) -> Page:
    """Go on with the account that is signed in (prompt=select_account)."""
    await pages.read_form(request, session)
    try:
        visitor = await arrive(server, request, session)
        return redirect(visitor.path(visitor.selected()), visitor.new_cookies)
    except Refused as refused:
        return refused.answer(server, request, pages, session)


async def _proceed(server: AuthorizationServer, visitor: Visitor, pages: Pages) -> Page:
    outcome = await visitor.decide()
    if visitor.asked.is_silent and not isinstance(outcome, Approved):
        return visitor.reply(pages).error(_as_error(outcome))
    match outcome:
        case LoginRequired():
            return _to_sign_in(visitor)
        case AccountSelectionRequired():
            return _account_selection(visitor, pages)
        case ConsentRequired():
            return await consent.show(visitor, pages)
        case Approved():
            return await _approve(server, visitor, pages, outcome)


async def _approve(server: AuthorizationServer, visitor: Visitor, pages: Pages, approved: Approved) -> Page:
    """Go on without a page: a remembered decision covers the request."""
    session = visitor.signed_in
    granted = await consent.grantable(server, approved.subject, approved.scopes)
    if not granted:
        # A decision for an organization that the person has left since, or in a role that covers none of it.
        return await consent.ask_again(visitor, pages)
    approval = Approval(
        visitor.asked, approved.subject, granted, session.authenticated_at, is_new=False, visit=visitor.visit
    )
    return visitor.reply(pages).code(await approve(server, approval))


def _to_sign_in(visitor: Visitor) -> Page:
    # Who signs in for this request has chosen the account by that.
    path = sign_in_path(visitor.path(visitor.continuation or Continuation(visitor.now, account_selected=True)))
    hint = visitor.asked.login_hint
    return redirect(f"{path}&{urlencode({'login_hint': hint[:200]})}" if hint else path, visitor.new_cookies)


def _account_selection(visitor: Visitor, pages: Pages) -> Page:
    return pages.render(
        visitor.http,
        "authorization_server/select_account.html",
        form_action="any",
        session=visitor.session,
        set_cookies=visitor.new_cookies,
        client=visitor.asked.client,
        query=visitor.query(visitor.continuation),
        switch_account_url=visitor.switch_account_path(),
    )


def _as_error(outcome: LoginRequired | AccountSelectionRequired | ConsentRequired) -> OAuthError:
    """The outcome's own error code, for prompt=none (OpenID Connect Core §3.1.2.6)."""
    if isinstance(outcome, ConsentRequired):
        return ConsentRequiredError("The person has not allowed this yet.")
    return LoginRequiredError("The person is not signed in, or not recently enough.")


routes = [authorize, authorize_by_post, select_account]
