"""Signing in with a passkey: no address, no password, no code."""

from litestar import post

from polar_server.accounts import guesses, people, sessions, sign_in
from polar_server.accounts.answers import asked_return_to, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDescribe, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.passkeys import asking, challenges, keys
from polar_server.accounts.passkeys.ceremonies import Answer, Refused, Use
from polar_server.accounts.passkeys.challenges import Ceremony
from polar_server.accounts.passkeys.keys import Passkey
from polar_server.accounts.return_to import DEFAULT
from polar_server.accounts.sessions import Session
from polar_server.accounts.sign_in_form import sign_in_form
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, cookies, redirect
from polar_server.oauth.tokens import Token

NOT_ACCEPTED = {
    "form": "This passkey was not accepted. Perhaps it was removed from the account, or the page was open for too long."
    " Try again, or use your password."
}


@post("/sign-in/passkey", status_code=200, include_in_schema=False)
async def submit_passkey(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit, describe_return_to: GivenDescribe
) -> Page:
    """Check the passkey and begin a session. It shows possession and, by user verification, who holds it."""
    form = await desk.pages.read_form(request, None)
    limits = guesses.passkey_limits(desk.settings, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "passkey", asked_return_to(request))
    try:
        answer = asking.take(request, None, desk, Ceremony.SIGN_IN, form, visit.now)
        passkey, use = await asking.recognize(desk, answer)
        token = await _begin(desk, passkey, use, answer, session, visit)
        async with desk.database.write() as transaction:
            await guesses.forgive(transaction, limits)
    except Refused as refused:
        log.warning("sign_in_refused", reason="passkey", detail=str(refused))
        return await sign_in_form(request, desk, describe_return_to, "", visit.now, status=401, errors=NOT_ACCEPTED)
    log.info("signed_in", user_id=passkey.user_id, session_id=token.id, passkey_id=passkey.id)
    cookie = cookies.set_session(desk.settings, token.text, desk.settings.session_lifetime)
    return redirect(asked_return_to(request) or DEFAULT, [cookie])


async def _begin(
    desk: Desk, passkey: Passkey, use: Use, answer: Answer, session: Session | None, visit: Visit
) -> Token:
    async with desk.database.write() as transaction:
        person = await people.lock_user(transaction, passkey.user_id)
        if person is None or person.disabled_at is not None:
            raise Refused("the person is disabled")
        if not await challenges.spend(transaction, answer.challenge):
            raise Refused("the challenge was answered before")
        if not await keys.note_use(transaction, passkey, use, visit.now):
            raise Refused("the passkey's counter did not grow, or the passkey is gone")
        await sign_in.end_replaced(transaction, session, visit.now)
        return await sessions.start_session(
            transaction, desk.server_keys, desk.settings, person.id, visit, sessions.PASSKEY
        )


routes = [submit_passkey]
