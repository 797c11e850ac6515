"""The consent page: who asks, for what, for whom; and what the person decides (RFC 6749 §4.1.1, RFC 6819 §5.2.3)."""

from collections.abc import Iterable

from litestar import post

from polar_server.accounts.desk import GivenSession
from polar_server.accounts.organizations import Membership, list_memberships
from polar_server.accounts.roles import allowed_scopes
from polar_server.authorization_server.approvals import Approval, approve
from polar_server.authorization_server.client_events import note_visit
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.authorization_server.visitors import Refused, Visitor, arrive
from polar_server.html import GivenPages, Page, PageRequest, Pages, redirect
from polar_server.oauth import scopes
from polar_server.oauth.authorization import AccountSelectionRequired, LoginRequired, subject_of
from polar_server.oauth.errors import AccessDenied, ConsentRequiredError
from polar_server.oauth.subjects import Subject, SubjectType

CONSENT = "/oauth2/consent"


async def show(visitor: Visitor, pages: Pages, status: int = 200, error: str | None = None) -> Page:
    """The page. It names everything that the decision is about."""
    asked, server = visitor.asked, visitor.server
    organizations = await _choices(visitor)
    selected = _selected(asked.preselected, organizations)
    has_refresh_token = "refresh_token" in asked.client.grant_types
    note_visit(server, asked.client.client_id, "authorize.shown", visitor.visit)
    return pages.render(
        visitor.http,
        "authorization_server/consent.html",
        status,
        form_action="any",
        session=visitor.session,
        set_cookies=visitor.new_cookies,
        client=asked.client,
        query=visitor.query(visitor.continuation),
        scopes=scopes.describe(asked.scopes),
        sub_type=asked.sub_type.value,
        organizations=organizations,
        selected_organization_id=selected,
        redirect_uri=asked.to.redirect_uri,
        lifetime=None if has_refresh_token else server.settings.access_token_lifetime,
        switch_account_url=visitor.switch_account_path(),
        errors={"organization_id": error} if error else {},
    )


@post(CONSENT, include_in_schema=False)
async def decide(request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages) -> Page:
    """Take the person's decision: allow or deny, and which organization. All else is read from the request again."""
    form = await pages.read_form(request, session)
    try:
        visitor = await arrive(server, request, session)
        if isinstance(await visitor.decide(), LoginRequired | AccountSelectionRequired):
            return redirect(visitor.path(visitor.continuation))
    except Refused as refused:
        return refused.answer(server, request, pages, session)
    match form.get("action"):
        case "allow":
            return await _allow(visitor, pages, form.get("organization_id"))
        case "deny":
            return visitor.reply(pages).error(AccessDenied("The person did not allow it."))
        case _:
            return await show(visitor, pages, 400)


async def _allow(visitor: Visitor, pages: Pages, organization_id: str | None) -> Page:
    asked, session, server = visitor.asked, visitor.signed_in, visitor.server
    subject = subject_of(asked, session.user.id, organization_id)
    if asked.sub_type is SubjectType.ORGANIZATION and not await _is_choice(visitor, organization_id):
        return await show(visitor, pages, 400, "Choose one of your organizations.")
    granted = await grantable(server, subject, asked.scopes)
    if not granted:
        return await show(
            visitor, pages, 400, "Your role in this organization does not cover anything that the app asks for."
        )
    approval = Approval(asked, subject, granted, session.authenticated_at, is_new=True, visit=visitor.visit)
    return visitor.reply(pages).code(await approve(server, approval))


async def ask_again(visitor: Visitor, pages: Pages) -> Page:
    """A remembered decision no longer stands: ask, or say so when no page may be shown."""
    if visitor.asked.is_silent:
        return visitor.reply(pages).error(ConsentRequiredError("The person can no longer allow this."))
    return await show(visitor, pages)


async def grantable(server: AuthorizationServer, subject: Subject, asked: Iterable[str]) -> frozenset[str]:
    """Those of the scopes that the person's role lets them grant; nothing for an organization they do not belong to."""
    names = frozenset(asked)
    if subject.type is SubjectType.USER:
        return names
    memberships = await list_memberships(server.database, subject.user_id)
    role = next((m.role for m in memberships if m.organization_id == subject.organization_id), None)
    return frozenset() if role is None else allowed_scopes(role, names)


async def _choices(visitor: Visitor) -> list[Membership]:
    if visitor.asked.sub_type is SubjectType.USER:
        return []
    return await list_memberships(visitor.server.database, visitor.signed_in.user.id)


def _selected(preselected: str | None, organizations: list[Membership]) -> str | None:
    """What is marked at first: the organization that the request names, or the only one there is."""
    ids = [organization.organization_id for organization in organizations]
    return preselected if preselected in ids else ids[0] if len(ids) == 1 else None


async def _is_choice(visitor: Visitor, organization_id: str | None) -> bool:
    return any(choice.organization_id == organization_id for choice in await _choices(visitor))


routes = [decide]
