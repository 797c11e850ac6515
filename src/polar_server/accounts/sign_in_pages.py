"""The pages /sign-in and /sign-out."""

from litestar import get, post
from litestar.background_tasks import BackgroundTask

from polar_server.accounts import guesses, sessions, sign_in
from polar_server.accounts.answers import asked_return_to, log, too_many_tries
from polar_server.accounts.desk import DescribeReturnTo, Desk, GivenDescribe, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.fields import EMAIL_LENGTH, normalized_email
from polar_server.accounts.guesses import Limits
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.one_time_codes.sign_in_pages import ask_for_code
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.people import Person, find_user_by_email
from polar_server.accounts.return_to import DEFAULT
from polar_server.accounts.sessions import Session
from polar_server.accounts.sign_in_form import sign_in_form
from polar_server.accounts.visits import Visit
from polar_server.audit import About, record
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

MISMATCH = {"form": "That email and password do not match. Check both and try again."}
DISABLED = {"form": "This account is disabled. Ask the people who run this server."}


@get("/sign-in", include_in_schema=False)
async def show_sign_in(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit, describe_return_to: GivenDescribe
) -> Page:
    """The form, also for who is signed in and was sent here to give the password again."""
    hint = request.query_params.get("login_hint", "")[:EMAIL_LENGTH]
    if session is not None and not request.query_params:
        return redirect(DEFAULT)
    return await sign_in_form(
        request, desk, describe_return_to, hint or (session.user.email if session else ""), visit.now
    )


@post("/sign-in", status_code=200, include_in_schema=False)
async def submit_sign_in(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit, describe_return_to: GivenDescribe
) -> Page:
    """Check the password; begin a session, or ask for a code. The try is counted before anything is computed for it."""
    form = await desk.pages.read_form(request, None)
    email, password = form.get("email", ""), form.get("password", "")
    missing = _missing(email, password)
    if missing:
        return await sign_in_form(request, desk, describe_return_to, email, visit.now, status=400, errors=missing)
    account = normalized_email(email) or email.strip().lower()
    limits = guesses.sign_in_limits(desk.server_keys, desk.settings, account, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "sign_in", asked_return_to(request))
    person = await sign_in.check_password(desk.database, desk.passwords, email, password)
    if person is not None and person.disabled_at is not None:
        return await _refuse(request, desk, describe_return_to, email, visit, DISABLED)
    if person is not None and await codes.is_on(desk.database, person.id):
        return await ask_for_code(request, desk, describe_return_to, person, visit.now)
    token = await _begin(desk, person, session, visit, limits) if person else None
    if person is None or token is None:
        return await _refuse(request, desk, describe_return_to, email, visit, MISMATCH)
    log.info("signed_in", user_id=person.id, session_id=token.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(asked_return_to(request) or DEFAULT, [cookie])


@post("/sign-out", status_code=303, include_in_schema=False)
async def submit_sign_out(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """End the session of this browser."""
    if session is not None:
        await desk.pages.read_form(request, session)
        async with desk.database.write() as transaction:
            if await sessions.end_session(transaction, session.user.id, session.id, visit.now):
                await record_own(transaction, visit, session.user.id, "account.signed_out")
        log.info("signed_out", user_id=session.user.id, session_id=session.id)
    return redirect("/sign-in?done=signed_out", [cookies.clear_session(desk.settings)])


async def _begin(desk: Desk, person: Person, session: Session | None, visit: Visit, limits: Limits) -> Token | None:
    async with desk.database.write() as transaction:
        token = await sign_in.begin_session(transaction, desk.server_keys, desk.settings, person, visit)
        if token is not None:
            await sign_in.end_replaced(transaction, session, visit.now)
            await guesses.forgive(transaction, limits)
    return token


def _missing(email: str, password: str) -> dict[str, str]:
    errors = {} if email else {"email": "Enter your email address."}
    return errors if password else errors | {"password": "Enter your password."}


async def _refuse(
    request: PageRequest, desk: Desk, describe: DescribeReturnTo, email: str, visit: Visit, errors: dict[str, str]
) -> Page:
    # The email is not logged: people type passwords into its field.
    reason, status = ("disabled", 403) if errors is DISABLED else ("mismatch", 401)
    log.warning("sign_in_refused", reason=reason)
    page = await sign_in_form(request, desk, describe, email, visit.now, status=status, errors=errors)
    # Once the answer is sent, so that its time does not tell whether there is such an account.
    page.background = BackgroundTask(_record_refusal, desk, email, visit, reason)
    return page


async def _record_refusal(desk: Desk, email: str, visit: Visit, reason: str) -> None:
    address = normalized_email(email)
    person = await find_user_by_email(desk.database, address) if address else None
    if person is not None:
        about = About(user_id=person.id, id=person.id)
        async with desk.database.write() as transaction:
            await record(transaction, visit.by(None), "account.sign_in_refused", about, visit.now, reason=reason)


routes = [show_sign_in, submit_sign_in, submit_sign_out]
