"""The page /account: profile, password, and the sessions of the person."""

from typing import Any

from litestar import get, post

from polar_server.accounts import fields, guesses, people, sessions, sign_in
from polar_server.accounts.answers import log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.guesses import Limits
from polar_server.accounts.letters import tell_password_changed
from polar_server.accounts.people import Person
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

WRONG = {"current_password": "This is not your current password."}


@get("/account", include_in_schema=False)
async def show_account(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """The account of the person who is signed in."""
    done = request.query_params.get("done")
    return await _account(request, require_session(request, session), desk, visit.now, done=done)


@post("/account", status_code=303, include_in_schema=False)
async def submit_profile(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Save name and picture."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name, picture=fields.picture)
    if errors:
        return await _account(request, session, desk, visit.now, status=400, form=form, errors=errors)
    async with desk.database.write() as transaction:
        await people.save_profile(transaction, session.user.id, values["name"], values["picture"] or None, visit.now)
    return redirect("/account?done=saved")


@post("/account/password", status_code=303, include_in_schema=False)
async def submit_password(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Change the password; every session ends, and this browser gets a new one."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    _, errors = fields.check(
        form, current_password=fields.given_password, password=fields.new_password(session.user.email)
    )
    if errors:
        return await _account(request, session, desk, visit.now, status=400, errors=errors)
    limits = guesses.reauthentication_limits(desk.settings, session.user.id, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "change_password", "/account")
    person = await sign_in.check_password(desk.database, desk.passwords, session.user.email, form["current_password"])
    token = await _change(desk, person, await desk.passwords.hash(form["password"]), visit, limits) if person else None
    if person is None or token is None:
        return await _account(request, session, desk, visit.now, status=400, errors=WRONG)
    tell_password_changed(desk, person.name, person.email, visit.now)
    log.info("password_changed", user_id=person.id, by="password", session_id=token.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect("/account?done=password_changed", [cookie])


@post("/account/sessions/end", status_code=303, include_in_schema=False)
async def submit_end_session(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """End one session of the person."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    session_id = form.get("session_id", "")
    if fields.is_token_id(session_id):
        async with desk.database.write() as transaction:
            await sessions.end_session(transaction, session.user.id, session_id, visit.now)
        log.info("session_ended", user_id=session.user.id, session_id=session_id)
    return redirect("/account?done=session_ended")


@post("/account/sessions/end-others", status_code=303, include_in_schema=False)
async def submit_end_other_sessions(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """End every session of the person but this one."""
    session = require_session(request, session)
    await desk.pages.read_form(request, session)
    async with desk.database.write() as transaction:
        count = await sessions.end_sessions(transaction, session.user.id, visit.now, kept_id=session.id)
    log.info("sessions_ended", user_id=session.user.id, count=count)
    return redirect("/account?done=sessions_ended")


async def _change(desk: Desk, person: Person, password_hash: str, visit: Visit, limits: Limits) -> Token | None:
    """None when the password was changed by somebody else since it was checked."""
    async with desk.database.write() as transaction:
        if not await sign_in.still_holds(transaction, person):
            return None
        await people.change_password(transaction, person.id, password_hash, visit.now, desk.on_credentials_changed)
        await guesses.forget_sign_ins(transaction, desk.server_keys, person.email)
        await guesses.forgive(transaction, limits)
        return await sessions.start_session(transaction, desk.server_keys, desk.settings, person.id, visit)


async def _account(
    request: PageRequest, session: Session, desk: Desk, now: int, status: int = 200, **values: Any
) -> Page:
    values = {"form": {}, "done": None, "errors": {}, **values}
    return desk.pages.render(
        request,
        "accounts/account.html",
        status=status,
        session=session,
        sessions=await sessions.list_sessions(desk.database, desk.settings, session.user.id, now),
        current_session_id=session.id,
        **values,
    )


routes = [show_account, submit_profile, submit_password, submit_end_session, submit_end_other_sessions]
