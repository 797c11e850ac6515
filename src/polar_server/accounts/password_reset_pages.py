"""The pages /forgot-password, which mails a link, and /reset-password, which the link opens."""

from urllib.parse import urlencode

from litestar import get, post

from polar_server.accounts import fields, guesses, links, people
from polar_server.accounts.answers import asked_return_to, link_expired, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenVisit
from polar_server.accounts.letters import answer_by_mail, tell_password_changed
from polar_server.accounts.links import LIFETIMES, Link, Purpose
from polar_server.accounts.people import Person
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect


@get("/forgot-password", include_in_schema=False)
async def show_forgot_password(request: PageRequest, desk: GivenDesk) -> Page:
    """The form for an email address."""
    return _forgot_form(request, desk, "", {})


@post("/forgot-password", status_code=200, include_in_schema=False)
async def submit_forgot_password(request: PageRequest, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Mail a link. The answer is the same whether or not the address has an account."""
    form = await desk.pages.read_form(request, None)
    values, errors = fields.check(form, email=fields.email)
    if errors:
        return _forgot_form(request, desk, form.get("email", ""), errors)
    return_to = asked_return_to(request)
    throttled = await answer_by_mail(desk, Purpose.RESET_PASSWORD, values["email"], return_to or "", visit)
    if throttled:
        return too_many_tries(request, desk, throttled, "forgot_password", return_to)
    return desk.pages.render(
        request,
        "accounts/forgot_password_sent.html",
        email=values["email"],
        return_to=return_to,
        lifetime=LIFETIMES[Purpose.RESET_PASSWORD],
    )


@get("/reset-password", include_in_schema=False)
async def show_reset_password(request: PageRequest, desk: GivenDesk, visit: GivenVisit) -> Page:
    """The form for a new password. Opening it uses nothing up."""
    token = request.query_params.get("token", "")
    link = await links.find_link(desk.database, desk.server_keys, Purpose.RESET_PASSWORD, token, visit.now)
    if link is None:
        return link_expired(request, desk, Purpose.RESET_PASSWORD)
    return _reset_form(request, desk, link, token, {})


@post("/reset-password", status_code=200, include_in_schema=False)
async def submit_reset_password(request: PageRequest, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Replace the password; every session of the person ends, this browser's as well."""
    form = await desk.pages.read_form(request, None)
    token = form.get("token", "")
    link = await links.find_link(desk.database, desk.server_keys, Purpose.RESET_PASSWORD, token, visit.now)
    if link is None:
        return link_expired(request, desk, Purpose.RESET_PASSWORD)
    values, errors = fields.check(form, password=fields.new_password(link.email))
    if errors:
        return _reset_form(request, desk, link, token, errors)
    person = await _replace(desk, link, await desk.passwords.hash(values["password"]), visit)
    if person is None:
        return link_expired(request, desk, Purpose.RESET_PASSWORD)
    tell_password_changed(desk, person.name, person.email, visit.now)
    log.info("link_used", purpose=link.purpose, link_id=link.id, user_id=person.id)
    log.info("password_changed", user_id=person.id, by="mail")
    onward = {"return_to": link.return_to} if link.return_to else {}
    url = f"/sign-in?{urlencode({'done': 'password_reset'} | onward)}"
    return redirect(url, [cookies.clear_session(desk.settings)])


async def _replace(desk: Desk, link: Link, password_hash: str, visit: Visit) -> Person | None:
    """None when the link was used or the person disabled meanwhile; then the password stays."""
    async with desk.database.write() as transaction:
        person = await people.lock_user(transaction, link.user_id or "")
        if person is None or person.disabled_at is not None or not await links.use_link(transaction, link, visit.now):
            return None
        actor, ends = visit.by(person.id), desk.on_credentials_changed
        await people.change_password(
            transaction, person.id, password_hash, visit.now, ends, actor=actor, act="account.password_reset"
        )
        await people.verify_email(transaction, person.id, link.email, visit.now)
        await guesses.forget_sign_ins(transaction, desk.server_keys, person.email)
    return person


def _forgot_form(request: PageRequest, desk: Desk, email: str, errors: dict[str, str]) -> Page:
    status = 400 if errors else 200
    return desk.pages.render(
        request,
        "accounts/forgot_password.html",
        status=status,
        email=email,
        return_to=asked_return_to(request),
        errors=errors,
    )


def _reset_form(request: PageRequest, desk: Desk, link: Link, token: str, errors: dict[str, str]) -> Page:
    return desk.pages.render(
        request,
        "accounts/reset_password.html",
        status=400 if errors else 200,
        token=token,
        email=link.email,
        errors=errors,
    )


routes = [show_forgot_password, submit_forgot_password, show_reset_password, submit_reset_password]
