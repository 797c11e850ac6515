"""The pages /sign-up, which takes an address, and /sign-up/finish, which the mailed link opens."""

from litestar import get, post

from polar_server.accounts import fields, links, people, sign_in
from polar_server.accounts.answers import asked_return_to, link_expired, log, too_many_tries
from polar_server.accounts.desk import DescribeReturnTo, Desk, GivenDescribe, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.letters import answer_by_mail
from polar_server.accounts.links import LIFETIMES, Link, Purpose
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.people import EmailTaken, NewPerson, Person
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

WELCOME = "/account?done=welcome"


@get("/sign-up", include_in_schema=False)
async def show_sign_up(request: PageRequest, desk: GivenDesk, describe_return_to: GivenDescribe) -> Page:
    """The form for an email address."""
    return await _form(request, desk, describe_return_to, "", {})


@post("/sign-up", status_code=200, include_in_schema=False)
async def submit_sign_up(
    request: PageRequest, desk: GivenDesk, visit: GivenVisit, describe_return_to: GivenDescribe
) -> Page:
    """Mail a link. The answer is the same whether or not the address has an account."""
    form = await desk.pages.read_form(request, None)
    values, errors = fields.check(form, email=fields.email)
    if errors:
        return await _form(request, desk, describe_return_to, form.get("email", ""), errors)
    return_to = asked_return_to(request)
    throttled = await answer_by_mail(desk, Purpose.SIGN_UP, values["email"], return_to or "", visit)
    if throttled:
        return too_many_tries(request, desk, throttled, "sign_up", return_to)
    return desk.pages.render(
        request,
        "accounts/sign_up_sent.html",
        email=values["email"],
        return_to=return_to,
        lifetime=LIFETIMES[Purpose.SIGN_UP],
    )


@get("/sign-up/finish", include_in_schema=False)
async def show_finish_sign_up(request: PageRequest, desk: GivenDesk, visit: GivenVisit) -> Page:
    """The form for name and password. Opening it uses nothing up."""
    token = request.query_params.get("token", "")
    link = await links.find_link(desk.database, desk.server_keys, Purpose.SIGN_UP, token, visit.now)
    if link is None:
        return link_expired(request, desk, Purpose.SIGN_UP)
    return _finish_form(request, desk, link, {"token": token}, {})


@post("/sign-up/finish", status_code=200, include_in_schema=False)
async def submit_finish_sign_up(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Make the account, its address verified by the link, and sign the person in."""
    form = await desk.pages.read_form(request, None)
    link = await links.find_link(desk.database, desk.server_keys, Purpose.SIGN_UP, form.get("token"), visit.now)
    if link is None:
        return link_expired(request, desk, Purpose.SIGN_UP)
    values, errors = fields.check(form, name=fields.name, password=fields.new_password(link.email))
    if errors:
        return _finish_form(request, desk, link, form, errors)
    password_hash = await desk.passwords.hash(values["password"])
    made = await _make(desk, link, NewPerson(link.email, values["name"], password_hash, verified=True), session, visit)
    if made is None:
        return link_expired(request, desk, Purpose.SIGN_UP)
    person, token = made
    log.info("signed_up", user_id=person.id, link_id=link.id, session_id=token.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(link.return_to or WELCOME, [cookie])


async def _make(
    desk: Desk, link: Link, new: NewPerson, session: Session | None, visit: Visit
) -> tuple[Person, Token] | None:
    """None when the link or the address was taken meanwhile; then nothing was written."""
    try:
        async with desk.database.write() as transaction:
            if not await links.use_link(transaction, link, visit.now):
                return None
            person = await people.create_user(transaction, new, visit.now)
            await record_own(transaction, visit, person.id, "account.created")
            await sign_in.end_replaced(transaction, session, visit.now)
            token = await sign_in.begin_session(transaction, desk.server_keys, desk.settings, person, visit)
    except EmailTaken:
        return None
    return (person, token) if token else None


async def _form(
    request: PageRequest, desk: Desk, describe: DescribeReturnTo, email: str, errors: dict[str, str]
) -> Page:
    return_to = asked_return_to(request)
    return desk.pages.render(
        request,
        "accounts/sign_up.html",
        status=400 if errors else 200,
        form_action="any",
        client=await describe(return_to) if return_to else None,
        return_to=return_to,
        email=email,
        errors=errors,
    )


def _finish_form(request: PageRequest, desk: Desk, link: Link, form: dict[str, str], errors: dict[str, str]) -> Page:
    return desk.pages.render(
        request,
        "accounts/finish_sign_up.html",
        status=400 if errors else 200,
        form_action="any",
        token=form["token"],
        email=link.email,
        name=form.get("name", ""),
        errors=errors,
    )


routes = [show_sign_up, submit_sign_up, show_finish_sign_up, submit_finish_sign_up]
