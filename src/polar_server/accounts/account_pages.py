"""The page /account: the profile of the person, and their address."""

from typing import Any

from litestar import get, post

from polar_server.accounts import fields, people
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.sessions import Session
from polar_server.html import Page, PageRequest, redirect


@get("/account", include_in_schema=False)
async def show_account(request: PageRequest, session: GivenSession, desk: GivenDesk) -> Page:
    """The account of the person who is signed in."""
    done = request.query_params.get("done")
    return _account(request, require_session(request, session), desk, done=done)


@post("/account", status_code=303, include_in_schema=False)
async def submit_profile(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Save name and picture."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name, picture=fields.picture)
    if errors:
        return _account(request, session, desk, status=400, form=form, errors=errors)
    async with desk.database.write() as transaction:
        await people.save_profile(transaction, session.user.id, values["name"], values["picture"] or None, visit.now)
        await record_own(transaction, visit, session.user.id, "account.updated")
    return redirect("/account?done=saved")


def _account(request: PageRequest, session: Session, desk: Desk, status: int = 200, **values: Any) -> Page:
    values = {"form": {}, "done": None, "errors": {}, **values}
    return desk.pages.render(request, "accounts/account.html", status=status, session=session, **values)


routes = [show_account, submit_profile]
