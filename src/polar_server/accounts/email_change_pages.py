"""The pages /account/email, which asks for a new address, and /account/email/confirm, which its mail opens."""

from litestar import get, post

from polar_server.accounts import email_changes, fields, guesses
from polar_server.accounts.answers import link_expired, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.email_changes import LIFETIME, PATH, EmailChange
from polar_server.accounts.guards import require_recent, require_session
from polar_server.accounts.people import EmailTaken, find_user_by_email
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, redirect

SAME = {"email": "This is your address already."}
TAKEN = {"form": "Another account has this address by now. Your address stays as it is."}
NOT_YOURS = {
    "form": "This link changes the address of another account. Sign out, and open it where that one is signed in."
}


@get("/account/email", include_in_schema=False)
async def show_change_email(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """The form for a new address."""
    return _form(request, require_recent(request, session, visit.now), desk, "", {})


@post("/account/email", status_code=200, include_in_schema=False)
async def submit_change_email(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Mail a link to the new address. The answer is the same whether or not another account has it."""
    session = require_recent(request, session, visit.now, "/account/email")
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, email=fields.email)
    if not errors and values["email"] == session.user.email:
        errors = SAME
    if errors:
        return _form(request, session, desk, form.get("email", ""), errors)
    limits = guesses.email_change_limits(desk.server_keys, session.user.id, values["email"])
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "change_email", "/account")
    await _ask(desk, session, values["email"], visit)
    return desk.pages.render(
        request, "accounts/change_email_sent.html", session=session, email=values["email"], lifetime=LIFETIME
    )


@get(PATH, include_in_schema=False)
async def show_confirm_email(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """A button. Opening the link uses nothing up, and it works only for who asked: they may have mistyped."""
    session = require_session(request, session)
    token = request.query_params.get("token", "")
    change = await email_changes.find_change(desk.database, desk.server_keys, token, visit.now)
    if change is None:
        return link_expired(request, desk, "change_email")
    return _confirmation(request, session, desk, change, token)


@post(PATH, status_code=303, include_in_schema=False)
async def submit_confirm_email(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Use the link: the new address replaces the old one, which hears of it. Sessions stay."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    token = form.get("token", "")
    change = await email_changes.find_change(desk.database, desk.server_keys, token, visit.now)
    if change is None:
        return link_expired(request, desk, "change_email")
    if change.user_id != session.user.id:
        return _confirmation(request, session, desk, change, token)
    try:
        confirmed = await email_changes.confirm(desk.database, change, visit)
    except EmailTaken:
        return _confirmation(request, session, desk, change, token, TAKEN)
    if not confirmed:
        return link_expired(request, desk, "change_email")
    desk.post(change.old_email, "email_changed", name=session.user.name, email=change.new_email, at=visit.now)
    log.info("email_changed", user_id=session.user.id, change_id=change.id)
    return redirect("/account?done=email_changed")


async def _ask(desk: Desk, session: Session, new_email: str, visit: Visit) -> None:
    """The row and both mails, also for an address that has an account: only its mailbox reads which it is."""
    user, issuer = session.user, desk.settings.issuer
    taken = await find_user_by_email(desk.database, new_email)
    async with desk.database.write() as transaction:
        token = await email_changes.ask(transaction, desk.server_keys, user, new_email, visit)
    if taken is None:
        desk.post(
            new_email, "change_email", name=user.name, link=email_changes.link_url(issuer, token), lifetime=LIFETIME
        )
    elif taken.disabled_at is None:
        desk.post(new_email, "change_email_taken", name=taken.name)
    desk.post(user.email, "email_change_asked", name=user.name, email=new_email, link=f"{issuer}/forgot-password")
    log.info("email_change_asked", user_id=user.id, change_id=token.id)


def _form(request: PageRequest, session: Session, desk: Desk, email: str, errors: dict[str, str]) -> Page:
    status = 400 if errors else 200
    return desk.pages.render(
        request, "accounts/change_email.html", status=status, session=session, email=email, errors=errors
    )


def _confirmation(
    request: PageRequest,
    session: Session,
    desk: Desk,
    change: EmailChange,
    token: str,
    errors: dict[str, str] | None = None,
) -> Page:
    errors = errors or (NOT_YOURS if change.user_id != session.user.id else {})
    return desk.pages.render(
        request,
        "accounts/confirm_email.html",
        status=409 if errors else 200,
        session=session,
        token=token,
        email=change.new_email,
        errors=errors,
    )


routes = [show_change_email, submit_change_email, show_confirm_email, submit_confirm_email]
