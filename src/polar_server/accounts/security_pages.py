"""The page /account/security: every way into the account, and the sessions of the person."""

from litestar import get, post

from polar_server.accounts import fields, sessions
from polar_server.accounts.answers import log
from polar_server.accounts.desk import GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.security_page import PATH, security_page
from polar_server.html import Page, PageRequest, redirect


@get(PATH, include_in_schema=False)
async def show_security(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Password, passkeys, one-time codes, sessions. New recovery codes are shown once, instead."""
    session = require_session(request, session)
    if (shown := desk.pages.shown_once(request, session, visit.now)) is not None:
        return desk.pages.render(request, "accounts/recovery_codes.html", session=session, **shown)
    return await security_page(request, session, desk, visit, done=request.query_params.get("done"))


@post("/account/sessions/end", status_code=303, include_in_schema=False)
async def submit_end_session(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """End one session of the person."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    session_id = form.get("session_id", "")
    if fields.is_token_id(session_id):
        async with desk.database.write() as transaction:
            if await sessions.end_session(transaction, session.user.id, session_id, visit.now):
                await record_own(transaction, visit, session.user.id, "account.sessions_ended", count=1)
        log.info("session_ended", user_id=session.user.id, session_id=session_id)
    return redirect(f"{PATH}?done=session_ended")


@post("/account/sessions/end-others", status_code=303, include_in_schema=False)
async def submit_end_other_sessions(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """End every session of the person but this one."""
    session = require_session(request, session)
    await desk.pages.read_form(request, session)
    async with desk.database.write() as transaction:
        count = await sessions.end_sessions(transaction, session.user.id, visit.now, kept_id=session.id)
        await record_own(transaction, visit, session.user.id, "account.sessions_ended", count=count)
    log.info("sessions_ended", user_id=session.user.id, count=count)
    return redirect(f"{PATH}?done=sessions_ended")


routes = [show_security, submit_end_session, submit_end_other_sessions]
