"""The pages that add, name and remove passkeys."""

from litestar import get, post

from polar_server.accounts import fields, sessions, ways_in
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_recent, require_session
from polar_server.accounts.letters import tell_security_changed
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.passkeys import asking, ceremonies, challenges, keys
from polar_server.accounts.passkeys.ceremonies import Refused
from polar_server.accounts.passkeys.challenges import Ceremony
from polar_server.accounts.security_page import LAST_WAY_IN, PATH, security_page
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.accounts.ways_in import LastWayIn
from polar_server.html import Page, PageRequest, redirect
from polar_server.html.words import browser

_NEW = "/account/passkeys/new"
NOT_ACCEPTED = {"form": "This passkey could not be added. The page may have been open for too long. Try again."}
TOO_MANY = {"form": f"An account has at most {keys.MOST} passkeys. Remove one that you do not use any more."}


@get(_NEW, include_in_schema=False)
async def show_new_passkey(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """A name, and a button that asks the browser for a new passkey."""
    session = require_recent(request, session, visit.now)
    return await _form(request, session, desk, visit, browser(visit.user_agent))


@post("/account/passkeys", status_code=303, include_in_schema=False)
async def submit_passkey(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Keep the passkey that the browser made."""
    session = require_recent(request, session, visit.now, _NEW)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name)
    if errors:
        return await _form(request, session, desk, visit, form.get("name", ""), status=400, errors=errors)
    try:
        await _add(request, session, desk, form, values["name"], visit)
    except Refused as refused:
        log.warning("passkey_refused", user_id=session.user.id, detail=str(refused))
        return await _form(request, session, desk, visit, values["name"], status=400, errors=NOT_ACCEPTED)
    change = f"The passkey “{values['name']}” was added: it opens your account."
    tell_security_changed(desk, session.user, change, visit.now)
    log.info("passkey_added", user_id=session.user.id)
    return redirect(f"{PATH}?done=passkey_added")


@post("/account/passkeys/rename", status_code=303, include_in_schema=False)
async def submit_rename_passkey(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Call a passkey something else."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name)
    passkey_id = form.get("passkey_id", "")
    if errors:
        errors = {f"name-{passkey_id}": errors["name"]} if fields.is_token_id(passkey_id) else {}
        return await security_page(request, session, desk, visit, status=400, errors=errors)
    if fields.is_token_id(passkey_id):
        async with desk.database.write() as transaction:
            await keys.rename_passkey(transaction, session.user.id, passkey_id, values["name"])
    return redirect(f"{PATH}?done=passkey_renamed")


@post("/account/passkeys/remove", status_code=303, include_in_schema=False)
async def submit_remove_passkey(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Forget a passkey. Sessions elsewhere end: its device may be in other hands."""
    session = require_recent(request, session, visit.now, PATH)
    form = await desk.pages.read_form(request, session)
    passkey_id = form.get("passkey_id", "")
    try:
        name = await _remove(desk, session, passkey_id, visit) if fields.is_token_id(passkey_id) else None
    except LastWayIn:
        return await security_page(request, session, desk, visit, status=409, errors=LAST_WAY_IN)
    if name:
        tell_security_changed(desk, session.user, f"The passkey “{name}” was removed.", visit.now)
        log.info("passkey_removed", user_id=session.user.id, passkey_id=passkey_id)
    return redirect(f"{PATH}?done=passkey_removed")


async def _add(
    request: PageRequest, session: Session, desk: Desk, form: dict[str, str], name: str, visit: Visit
) -> None:
    from polar_server.accounts.passkeys import checks  # noqa: PLC0415 - its library is 9 MB, and most workers never see a passkey

    answer = asking.take(request, session, desk, Ceremony.REGISTER, form, visit.now)
    key = checks.check_new(desk.settings.issuer, answer)
    async with desk.database.write() as transaction:
        if not await challenges.spend(transaction, answer.challenge):
            raise Refused("the challenge was answered before")
        if not await keys.add_passkey(transaction, session.user.id, key, name, visit):
            raise Refused("the key is known already, or there are too many")
        await record_own(transaction, visit, session.user.id, "account.passkey_added")


async def _remove(desk: Desk, session: Session, passkey_id: str, visit: Visit) -> str | None:
    async with desk.database.write() as transaction:
        name = await ways_in.take_passkey(transaction, session.user.id, passkey_id)
        if name:
            await sessions.end_sessions(transaction, session.user.id, visit.now, kept_id=session.id)
            await record_own(transaction, visit, session.user.id, "account.passkey_removed")
    return name


async def _form(
    request: PageRequest,
    session: Session,
    desk: Desk,
    visit: Visit,
    name: str,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
) -> Page:
    known = await keys.list_passkeys(desk.database, session.user.id)

    def options(binding: str) -> str:
        challenge = challenges.make(desk.server_keys, Ceremony.REGISTER, binding, visit.now)
        ids = [passkey.credential_id for passkey in known]
        return ceremonies.creation_options(desk.settings.issuer, session.user, challenge, ids)

    errors = errors or (TOO_MANY if len(known) >= keys.MOST else {})
    return desk.pages.render(
        request,
        "accounts/new_passkey.html",
        status=status,
        session=session,
        passkey=options,
        name=name,
        errors=errors,
    )


routes = [show_new_passkey, submit_passkey, submit_rename_passkey, submit_remove_passkey]
