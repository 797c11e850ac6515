"""The second step of signing in: the page that asks for a one-time code after the password."""

from litestar import post

from polar_server.accounts import guesses, half_signed, people, sessions, sign_in
from polar_server.accounts.answers import asked_return_to, log, too_many_tries
from polar_server.accounts.desk import DescribeReturnTo, Desk, GivenDescribe, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guesses import Limits
from polar_server.accounts.half_signed import HalfSignedIn
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.people import Person
from polar_server.accounts.return_to import DEFAULT, sign_in_path
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

MISSING = {"code": "Enter the code that your app shows now, or one of your recovery codes."}
WRONG = {"code": "This code is not right. Each works once: wait for the next one, then enter it."}


async def ask_for_code(request: PageRequest, desk: Desk, describe: DescribeReturnTo, person: Person, now: int) -> Page:
    """The page for the code of somebody whose password was right."""
    state = half_signed.seal(desk.server_keys, person, desk.pages.binding(request, None) or "", now)
    log.info("code_asked", user_id=person.id)
    return await _form(request, desk, describe, state, 200, {})


@post("/sign-in/code", status_code=200, include_in_schema=False)
async def submit_code(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit, describe_return_to: GivenDescribe
) -> Page:
    """Check the code and begin a session. The try is counted first, also across restarts."""
    form = await desk.pages.read_form(request, None)
    state, typed = form.get("state", ""), form.get("code", "")
    binding = desk.pages.binding(request, None) or ""
    half = half_signed.open_state(desk.server_keys, state, binding, visit.now)
    if half is None:
        path = sign_in_path(asked_return_to(request) or DEFAULT)
        return redirect(f"{path}{'&' if '?' in path else '?'}done=took_too_long")
    if not typed.strip():
        return await _form(request, desk, describe_return_to, state, 400, MISSING)
    limits = guesses.code_limits(desk.settings, half.user_id, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "code", asked_return_to(request))
    token = await _begin(desk, half, typed, session, visit, limits)
    if token is None:
        log.warning("sign_in_refused", reason="code", user_id=half.user_id)
        return await _form(request, desk, describe_return_to, state, 401, WRONG)
    log.info("signed_in", user_id=half.user_id, session_id=token.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(asked_return_to(request) or DEFAULT, [cookie])


async def _begin(
    desk: Desk, half: HalfSignedIn, typed: str, session: Session | None, visit: Visit, limits: Limits
) -> Token | None:
    keys, settings = desk.server_keys, desk.settings
    async with desk.database.write() as transaction:
        person = await people.lock_user(transaction, half.user_id)
        if person is None or not half_signed.is_still(keys, half, person):
            return None
        if not await codes.check(transaction, keys, person.id, typed, visit.now):
            return None
        await sign_in.end_replaced(transaction, session, visit.now)
        await guesses.forgive(transaction, limits)
        await guesses.forget_sign_ins(transaction, keys, person.email)
        return await sessions.start_session(transaction, keys, settings, person.id, visit, sessions.PASSWORD_AND_CODE)


async def _form(
    request: PageRequest, desk: Desk, describe: DescribeReturnTo, state: str, status: int, errors: dict[str, str]
) -> Page:
    return_to = asked_return_to(request)
    return desk.pages.render(
        request,
        "accounts/sign_in_code.html",
        status=status,
        form_action="any",
        client=await describe(return_to) if return_to else None,
        return_to=return_to,
        state=state,
        errors=errors,
    )


routes = [submit_code]
