"""`/dashboard/{slug}/settings/delete`: the end of an organization, for its owners."""

import structlog
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import SkipValidation

from polar_server.accounts.guards import require_recent
from polar_server.accounts.organizations import NotAllowed
from polar_server.accounts.roles import Role
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.html import Page, redirect
from polar_server.mail import Mailer
from polar_server.organization_deletion import (
    DeletedOrganization,
    SubscriptionsRenew,
    count_renewing,
    delete_organization,
    letters_about,
)

_ONE = f"{PREFIX}/settings/delete"
MISTYPED = {"slug": "Type the short name of this organization, so that nothing is deleted by accident."}

GivenMailer = NamedDependency[SkipValidation[Mailer]]

log = structlog.get_logger("polar_server.dashboard")


@get(_ONE)
async def show_deletion(place: GivenPlace) -> Page:
    """What ends and what stays, and what stands in the way."""
    _require_owner(place)
    require_recent(place.request, place.session, place.now)
    return await _form(place)


@post(_ONE, status_code=303)
async def submit_deletion(place: GivenPlace, mailer: GivenMailer) -> Page:
    """Delete the organization, when its short name was typed and nothing of it renews."""
    form = await place.read_form()
    _require_owner(place)
    require_recent(place.request, place.session, place.now, place.path("settings", "delete"))
    if form.get("slug", "").strip() != place.membership.slug:
        return await _form(place, 422, MISTYPED)
    try:
        deleted = await _delete(place)
    except SubscriptionsRenew:
        return await _form(place, 409)
    except NotAllowed as error:
        raise PermissionDeniedException from error
    for letter in letters_about(deleted, place.pages, place.now, but=place.session.user.id):
        mailer.post(letter)
    log.info("organization_deleted", organization_id=deleted.id, user_id=place.session.user.id, **deleted.ended)
    return redirect("/dashboard/organizations?done=deleted")


async def _delete(place: Place) -> DeletedOrganization:
    async with place.server.database.write() as tx:
        return await delete_organization(tx, place.organization_id, place.caller.actor, place.now)


async def _form(place: Place, status: int = 200, errors: dict[str, str] | None = None) -> Page:
    renewing = await count_renewing(place.server.database, place.organization_id)
    return place.render("settings/delete", status, renewing=renewing, errors=errors or {})


def _require_owner(place: Place) -> None:
    if place.membership.role is not Role.OWNER:
        raise PermissionDeniedException


routes = [show_deletion, submit_deletion]
