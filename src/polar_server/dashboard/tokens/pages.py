"""`/dashboard/{slug}/tokens`: the access tokens of an organization, for its owners and admins."""

from collections.abc import Mapping

from litestar import get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from polar_server.accounts.organizations import NotAllowed
from polar_server.authorization_server import organization_tokens
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.organization_tokens import (
    MOST_LIVE,
    SCOPES,
    NewOrganizationToken,
    OrganizationToken,
    TooManyTokens,
)
from polar_server.dashboard import scopes as boxes
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.tokens.forms import LIFETIMES, read_token
from polar_server.html import Page
from polar_server.html.form_keys import TOO_OLD
from polar_server.oauth.tokens import Mint, Token

_AREA = f"{PREFIX}/tokens"
_ONE = f"{_AREA}/{{token_id:str}}"


@get(_AREA)
async def show_tokens(place: GivenPlace) -> Page:
    """The tokens, newest first; those that ended are listed for thirty days more."""
    place.require_manager()
    return place.render("tokens/list", tokens=await _list(place), now=place.now)


@get(f"{_AREA}/new")
async def show_new_token(place: GivenPlace) -> Page:
    """The form of a new token."""
    place.require_manager()
    return _form_page(place, {"days": "90"})


@post(f"{_AREA}/new", status_code=303)
async def submit_new_token(place: GivenPlace) -> Page:
    """Make a token; its page shows it once."""
    form = await place.read_form()
    place.require_manager()
    if (chosen := boxes.after_choice(form, SCOPES)) is not None:
        return _form_page(place, chosen)
    new, errors = read_token(form)
    if new is None:
        return _form_page(place, form, errors)
    key = place.read_form_key(form)
    if key is None:
        return _form_page(place, form, {"form": TOO_OLD})
    try:
        token = await _issue(place, new, key.mint)
    except TooManyTokens:
        return _form_page(place, form, {"form": f"{MOST_LIVE} tokens work already. Revoke one that nothing uses."})
    return place.go_showing("tokens", token.id, done="created", token=token.text)


@get(_ONE)
async def show_token(place: GivenPlace, token_id: FromPath[str]) -> Page:
    """One token: what it may do, whose it is, and when it was used. A new one is shown once, instead."""
    place.require_manager()
    token = await _find(place, token_id)
    if (shown := place.shown_once()) is not None:
        return place.render("tokens/shown_once", name=token.name, **shown)
    return place.render("tokens/token", token=token, now=place.now)


@post(f"{_ONE}/revoke", status_code=303)
async def submit_revocation(place: GivenPlace, token_id: FromPath[str]) -> Page:
    """End a token at once."""
    await place.read_form()
    place.require_manager()
    token = await _find(place, token_id)
    actor = place.visit.by(place.session.user.id)
    async with place.server.database.write() as tx:
        await organization_tokens.revoke_token(tx, place.organization_id, token.id, actor, place.now)
    return place.go("tokens", done="revoked")


async def _list(place: Place) -> list[OrganizationToken]:
    async with place.server.database.read() as tx:
        return await organization_tokens.list_tokens(tx, place.organization_id, place.now)


async def _find(place: Place, token_id: str) -> OrganizationToken:
    async with place.server.database.read() as tx:
        found = await organization_tokens.find_token(tx, place.organization_id, storable(token_id), place.now)
    if found is None:
        raise NotFoundException
    return found


async def _issue(place: Place, new: NewOrganizationToken, mint: Mint) -> Token:
    server, maker = place.server, place.visit.by(place.session.user.id)
    try:
        async with server.database.write() as tx:
            return await organization_tokens.issue_token(
                tx, server.server_keys, new, place.organization_id, maker, place.visit.now_ms, mint=mint
            )
    except NotAllowed as refused:
        raise PermissionDeniedException from refused


def _form_page(place: Place, form: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Page:
    return place.render(
        "tokens/new",
        422 if errors else 200,
        form=form,
        form_key=place.form_key(),
        errors=dict(errors or {}),
        lifetimes=LIFETIMES,
        scopes=boxes.groups_of(SCOPES),
    )


routes = [show_tokens, show_new_token, submit_new_token, show_token, submit_revocation]
