"""The pages /account/data, where an account is taken away as a file, and /account/delete, where it ends."""

import msgspec
from litestar import Response, get, post

from polar_server import audit
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.fields import normalized_email
from polar_server.accounts.guards import require_recent, require_session
from polar_server.accounts.leaving.deletion import OwnsOrganizations, delete_account, list_left_ownerless
from polar_server.accounts.leaving.export import export_account
from polar_server.accounts.organizations import list_memberships
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.people import Person
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import SECURITY_HEADERS, Page, PageRequest, cookies, redirect

_DATA, _DELETE = "/account/data", "/account/delete"
MISTYPED = {"email": "Type the address of this account, so that nothing is deleted by accident."}
_FILE = {**SECURITY_HEADERS, "Content-Disposition": 'attachment; filename="polar-account.json"'}


@get(_DATA, include_in_schema=False)
async def show_data(request: PageRequest, session: GivenSession, desk: GivenDesk) -> Page:
    """What can be taken away, and the way to the end of the account."""
    session = require_session(request, session)
    done = request.query_params.get("done")
    return desk.pages.render(request, "accounts/data.html", session=session, done=done)


@post("/account/export", status_code=200, include_in_schema=False)
async def submit_export(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Everything about the person, as one JSON file."""
    session = require_recent(request, session, visit.now, _DATA)
    await desk.pages.read_form(request, session)
    document = await export_account(desk.database, session.user.id, visit.now, desk.kept_elsewhere)
    async with desk.database.write() as transaction:
        await record_own(transaction, visit, session.user.id, "account.exported")
    log.info("account_exported", user_id=session.user.id)
    content = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return Response(content, headers=_FILE, media_type="application/json")


@get(_DELETE, include_in_schema=False)
async def show_delete(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """What goes and what stays, and what stands in the way."""
    return await _form(request, require_recent(request, session, visit.now), desk)


@post(_DELETE, status_code=303, include_in_schema=False)
async def submit_delete(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Delete the account, when its address was typed and no organization is left without an owner."""
    session = require_recent(request, session, visit.now, _DELETE)
    form = await desk.pages.read_form(request, session)
    if normalized_email(form.get("email", "")) != session.user.email:
        return await _form(request, session, desk, 400, MISTYPED)
    try:
        person = await _delete(desk, session, visit)
    except OwnsOrganizations:
        return await _form(request, session, desk, 409)
    if person is not None:
        desk.post(person.email, "account_deleted", name=person.name, at=visit.now)
        log.info("account_deleted", user_id=person.id)
    return redirect("/sign-in?done=account_deleted", [cookies.clear_session(desk.settings)])


async def _delete(desk: Desk, session: Session, visit: Visit) -> Person | None:
    async with desk.database.write() as transaction:
        person = await delete_account(transaction, session.user.id, visit.now, desk.on_account_deleted)
        if person is not None:
            await record_own(transaction, visit, person.id, "account.deleted")
            await audit.forget_person(transaction, person.id)
        return person


async def _form(
    request: PageRequest, session: Session, desk: Desk, status: int = 200, errors: dict[str, str] | None = None
) -> Page:
    return desk.pages.render(
        request,
        "accounts/delete.html",
        status=status,
        session=session,
        ownerless=await list_left_ownerless(desk.database, session.user.id),
        organizations=await list_memberships(desk.database, session.user.id),
        errors=errors or {},
    )


routes = [show_data, submit_export, show_delete, submit_delete]
