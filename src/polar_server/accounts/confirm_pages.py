"""The page /confirm: before a dangerous act, the person shows once more who they are, and comes back."""

from urllib.parse import quote

from litestar import get, post

from polar_server.accounts import guesses, people, sessions, sign_in, ways_in
from polar_server.accounts.answers import asked_return_to, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.guesses import Limits
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.passkeys import asking, challenges, keys
from polar_server.accounts.passkeys.ceremonies import Answer, Refused, Use
from polar_server.accounts.passkeys.challenges import Ceremony
from polar_server.accounts.passkeys.keys import Passkey
from polar_server.accounts.people import Person
from polar_server.accounts.return_to import DEFAULT
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

WRONG_PASSWORD = {"password": "This is not your password."}
WRONG_CODE = {"code": "This code is not right. Each works once: wait for the next one, then enter it."}
NOT_ACCEPTED = {"form": "This passkey was not accepted. Try again, or use your password."}


@get("/confirm", include_in_schema=False)
async def show_confirm(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """The ways that this person can show who they are."""
    return await _form(request, require_session(request, session), desk, visit.now)


@post("/confirm", status_code=200, include_in_schema=False)
async def submit_confirm(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Take the password, and the code where one is asked for. The try is counted first."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    limits = guesses.reauthentication_limits(desk.settings, session.user.id, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "confirm", asked_return_to(request))
    typed = form.get("password", "")
    person = await sign_in.check_password(desk.database, desk.passwords, session.user.email, typed)
    if person is None:
        return await _form(request, session, desk, visit.now, 401, WRONG_PASSWORD)
    token = await _renew(desk, session, person, form.get("code", ""), visit, limits)
    if token is None:
        return await _form(request, session, desk, visit.now, 401, WRONG_CODE)
    return _confirmed(request, desk, session, token)


@post("/confirm/passkey", status_code=200, include_in_schema=False)
async def submit_confirm_passkey(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Take a passkey of this person; another person's is refused."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    try:
        answer = asking.take(request, session, desk, Ceremony.CONFIRM, form, visit.now)
        passkey, use = await asking.recognize(desk, answer)
        token = await _renew_by_passkey(desk, session, passkey, use, answer, visit)
    except Refused as refused:
        log.warning("confirmation_refused", user_id=session.user.id, detail=str(refused))
        return await _form(request, session, desk, visit.now, 401, NOT_ACCEPTED)
    return _confirmed(request, desk, session, token)


async def _renew(desk: Desk, session: Session, person: Person, code: str, visit: Visit, limits: Limits) -> Token | None:
    """None when the code was wrong or the password was changed since it was checked."""
    keys, settings = desk.server_keys, desk.settings
    async with desk.database.write() as transaction:
        if not await sign_in.still_holds(transaction, person):
            return None
        has_codes = await codes.is_on_in(transaction, person.id)
        if has_codes and not await codes.check(transaction, keys, person.id, code, visit.now):
            return None
        await guesses.forgive(transaction, limits)
        methods = sessions.PASSWORD_AND_CODE if has_codes else sessions.PASSWORD
        return await sessions.renew_session(transaction, keys, settings, session, visit, methods)


async def _renew_by_passkey(
    desk: Desk, session: Session, passkey: Passkey, use: Use, answer: Answer, visit: Visit
) -> Token:
    if passkey.user_id != session.user.id:
        raise Refused("the passkey of somebody else")
    async with desk.database.write() as transaction:
        await people.lock_user(transaction, session.user.id)
        if not await challenges.spend(transaction, answer.challenge):
            raise Refused("the challenge was answered before")
        if not await keys.note_use(transaction, passkey, use, visit.now):
            raise Refused("the passkey's counter did not grow, or the passkey is gone")
        return await sessions.renew_session(
            transaction, desk.server_keys, desk.settings, session, visit, sessions.PASSKEY
        )


def _confirmed(request: PageRequest, desk: Desk, session: Session, token: Token) -> Page:
    log.info("confirmed", user_id=session.user.id, session_id=token.id)
    path = asked_return_to(request) or DEFAULT
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(path, [cookie])


async def _form(
    request: PageRequest,
    session: Session,
    desk: Desk,
    now: int,
    status: int = 200,
    errors: dict[str, str] | None = None,
) -> Page:
    return_to = asked_return_to(request)
    return desk.pages.render(
        request,
        "accounts/confirm.html",
        status=status,
        session=session,
        ways=await ways_in.list_ways_in(desk.database, session.user.id),
        onward=f"?return_to={quote(return_to, safe='')}" if return_to else "",
        passkey=asking.asking(desk, Ceremony.CONFIRM, now),
        errors=errors or {},
    )


routes = [show_confirm, submit_confirm, submit_confirm_passkey]
