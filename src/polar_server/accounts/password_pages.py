"""The forms of /account/security that change, set and remove the password."""

from litestar import post

from polar_server.accounts import fields, guesses, people, sessions, sign_in, ways_in
from polar_server.accounts.answers import log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_recent, require_session
from polar_server.accounts.guesses import Limits
from polar_server.accounts.letters import tell_password_changed, tell_security_changed
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.people import Person
from polar_server.accounts.security_page import LAST_WAY_IN, PATH, security_page
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.accounts.ways_in import LastWayIn
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

WRONG = {"current_password": "This is not your current password."}


@post("/account/password", status_code=303, include_in_schema=False)
async def submit_password(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Change the password; every session ends, and this browser gets a new one."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    _, errors = fields.check(
        form, current_password=fields.given_password, password=fields.new_password(session.user.email)
    )
    if errors:
        return await security_page(request, session, desk, visit, status=400, errors=errors)
    limits = guesses.reauthentication_limits(desk.settings, session.user.id, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "change_password", PATH)
    person = await sign_in.check_password(desk.database, desk.passwords, session.user.email, form["current_password"])
    token = await _change(desk, person, session, form["password"], visit, limits) if person else None
    if person is None or token is None:
        return await security_page(request, session, desk, visit, status=400, errors=WRONG)
    return _changed(desk, person, token, visit.now)


@post("/account/password/set", status_code=303, include_in_schema=False)
async def submit_first_password(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Choose a password, for somebody who has none; the rest is as when it changes."""
    session = require_recent(request, session, visit.now, PATH)
    form = await desk.pages.read_form(request, session)
    _, errors = fields.check(form, password=fields.new_password(session.user.email))
    if errors:
        return await security_page(request, session, desk, visit, status=400, errors=errors)
    person = await people.find_user(desk.database, session.user.id)
    if person is None or person.password_hash is not None:
        return redirect(PATH)
    token = await _change(desk, person, session, form["password"], visit)
    return _changed(desk, person, token, visit.now) if token else redirect(PATH)


@post("/account/password/remove", status_code=303, include_in_schema=False)
async def submit_remove_password(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Sign in with passkeys alone; sessions elsewhere end, since the password may have begun them."""
    session = require_recent(request, session, visit.now, PATH)
    await desk.pages.read_form(request, session)
    try:
        async with desk.database.write() as transaction:
            removed = await ways_in.take_password(transaction, session.user.id, visit.now)
            await sessions.end_sessions(transaction, session.user.id, visit.now, kept_id=session.id)
            if removed:
                await record_own(transaction, visit, session.user.id, "account.password_removed")
    except LastWayIn:
        return await security_page(request, session, desk, visit, status=409, errors=LAST_WAY_IN)
    if removed:
        tell_security_changed(desk, session.user, "Its password was removed: passkeys open it now.", visit.now)
        log.info("password_removed", user_id=session.user.id)
    return redirect(f"{PATH}?done=password_removed")


async def _change(
    desk: Desk, person: Person, session: Session, password: str, visit: Visit, limits: Limits | None = None
) -> Token | None:
    """None when the password was changed by somebody else since it was checked."""
    password_hash = await desk.passwords.hash(password)
    async with desk.database.write() as transaction:
        if not await sign_in.still_holds(transaction, person):
            return None
        ends, actor = desk.on_credentials_changed, visit.by(person.id)
        await people.change_password(transaction, person.id, password_hash, visit.now, ends, actor=actor)
        await guesses.forget_sign_ins(transaction, desk.server_keys, person.email)
        if limits:
            await guesses.forgive(transaction, limits)
        return await sessions.renew_session(transaction, desk.server_keys, desk.settings, session, visit)


def _changed(desk: Desk, person: Person, token: Token, now: int) -> Page:
    tell_password_changed(desk, person.name, person.email, now)
    log.info("password_changed", user_id=person.id, by="password", session_id=token.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(f"{PATH}?done=password_changed", [cookie])


routes = [submit_password, submit_first_password, submit_remove_password]
