"""The pages that turn one-time codes on and off and make new recovery codes."""

import os
from dataclasses import dataclass

from litestar import get, post
from markupsafe import Markup

from polar_server.accounts import guesses, people, sessions
from polar_server.accounts.answers import log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_recent, require_session
from polar_server.accounts.letters import tell_security_changed
from polar_server.accounts.one_time_codes import codes, recovery, totp
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.security_page import PATH, security_page
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.database import Transaction
from polar_server.html import Page, PageRequest, redirect
from polar_server.html.form_keys import TOO_OLD, FormKey
from polar_server.html.pages import PRODUCT
from polar_server.oauth.server_keys import SealBroken

_SETUP = "/account/codes"
SETUP_LIFETIME = 900
"""Seconds for setting up an app. Until its first code nothing is stored: the form carries the secret, sealed."""

WRONG = {"code": "This code is not right. Check the clock of your device, and enter the code that the app shows now."}


@dataclass(frozen=True, slots=True)
class _Setup:
    """A secret that is not in use yet, and the form's field that carries it."""

    secret: bytes
    sealed: str


@get(_SETUP, include_in_schema=False)
async def show_codes(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """A new secret for the person's app, as a picture and as text."""
    session = require_recent(request, session, visit.now)
    if await codes.is_on(desk.database, session.user.id):
        return redirect(PATH)
    secret = os.urandom(totp.SECRET_BYTES)
    end = (visit.now + SETUP_LIFETIME).to_bytes(8)
    sealed = desk.server_keys.seal("one-time codes setup", end + secret, f"setup in {session.id}")
    return _form(request, session, desk, _Setup(secret, sealed), 200, {})


@post(_SETUP, status_code=303, include_in_schema=False)
async def submit_codes(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Turn codes on, with a first one that shows that the app has the secret; the recovery codes follow.

    That the sign-in was recent is what the sealed secret shows: it was handed to this session only.
    """
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    setup = _opened(desk, session, form.get("setup", ""), visit.now)
    if setup is None:
        return redirect(_SETUP)
    limits = guesses.code_limits(desk.settings, session.user.id, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "set_up_codes", PATH)
    step = totp.step_of(setup.secret, "".join(form.get("code", "").split()), visit.now)
    if step is None:
        return _form(request, session, desk, setup, 400, WRONG)
    made = recovery.mint_codes(FormKey(desk.server_keys, visit.now_ms, setup.sealed).random("recovery codes"))
    async with desk.database.write() as transaction:
        await guesses.forgive(transaction, limits)
        is_new = await _turn_on(transaction, session, desk, visit, setup.secret, step, made)
        # Sent twice: the other one turned them on.
        is_shown = is_new or await recovery.are_kept(transaction, desk.server_keys, session.user.id, made)
    if is_new:
        change = "One-time codes were turned on: signing in with the password asks for one from now on."
        tell_security_changed(desk, session.user, change, visit.now)
        log.info("codes_on", user_id=session.user.id)
    return _go_showing(session, desk, visit, "codes_on", made) if is_shown else redirect(PATH)


@post("/account/codes/off", status_code=303, include_in_schema=False)
async def submit_codes_off(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Ask for no codes any more. Sessions elsewhere end."""
    session = require_recent(request, session, visit.now, PATH)
    await desk.pages.read_form(request, session)
    async with desk.database.write() as transaction:
        turned_off = await codes.turn_off(transaction, session.user.id)
        await sessions.end_sessions(transaction, session.user.id, visit.now, kept_id=session.id)
        if turned_off:
            await record_own(transaction, visit, session.user.id, "account.codes_off")
    if turned_off:
        change = "One-time codes were turned off: the password alone opens your account."
        tell_security_changed(desk, session.user, change, visit.now)
        log.info("codes_off", user_id=session.user.id)
    return redirect(f"{PATH}?done=codes_off")


@post("/account/recovery-codes", status_code=303, include_in_schema=False)
async def submit_recovery_codes(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Ten new recovery codes; the earlier ones are dead."""
    session = require_recent(request, session, visit.now, PATH)
    form = await desk.pages.read_form(request, session)
    key = desk.pages.read_form_key(request, session, form, visit.now_ms)
    if key is None:
        return await security_page(request, session, desk, visit, status=422, errors={"form": TOO_OLD})
    made = recovery.mint_codes(key.random("recovery codes"))
    async with desk.database.write() as transaction:
        await people.lock_user(transaction, session.user.id)
        if not await codes.is_on_in(transaction, session.user.id):
            return redirect(PATH)
        is_new = not await recovery.are_kept(transaction, desk.server_keys, session.user.id, made)
        if is_new:
            await recovery.replace_codes(transaction, desk.server_keys, session.user.id, made, visit.now)
            await record_own(transaction, visit, session.user.id, "account.recovery_codes_made")
    if is_new:
        tell_security_changed(desk, session.user, "New recovery codes were made; the earlier ones are dead.", visit.now)
        log.info("recovery_codes_made", user_id=session.user.id)
    return _go_showing(session, desk, visit, "recovery_codes", made)


async def _turn_on(  # noqa: PLR0917 - who, where, and what of both kinds of codes
    transaction: Transaction, session: Session, desk: Desk, visit: Visit, secret: bytes, step: int, made: list[str]
) -> bool:
    user_id = session.user.id
    is_new = await codes.turn_on(transaction, desk.server_keys, user_id, secret, step, visit.now, recovery_codes=made)
    if is_new:
        await sessions.end_sessions(transaction, user_id, visit.now, kept_id=session.id)
        await record_own(transaction, visit, user_id, "account.codes_on")
    return is_new


def _opened(desk: Desk, session: Session, sealed: str, now: int) -> _Setup | None:
    try:
        plain = desk.server_keys.open("one-time codes setup", sealed, f"setup in {session.id}")
    except SealBroken:
        return None
    return _Setup(plain[8:], sealed) if now < int.from_bytes(plain[:8]) else None


def _form(
    request: PageRequest, session: Session, desk: Desk, setup: _Setup, status: int, errors: dict[str, str]
) -> Page:
    return desk.pages.render(
        request,
        "accounts/codes.html",
        status=status,
        session=session,
        setup=setup.sealed,
        picture=_picture(totp.uri(setup.secret, PRODUCT, session.user.email)),
        secret=totp.shown(setup.secret),
        errors=errors,
    )


def _picture(uri: str) -> Markup:
    """A QR code (ISO/IEC 18004) as an SVG element, dark on white whatever the page's colours are."""
    import segno  # noqa: PLC0415 - 1 MB for one page

    svg = segno.make(uri, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", title="QR code of the key below", svgclass=None, lineclass=None
    )
    return Markup(svg.replace("<svg", '<svg role="img"', 1))  # noqa: S704 - the library wrote it, from modules of a QR code


def _go_showing(session: Session, desk: Desk, visit: Visit, done: str, made: list[str]) -> Page:
    return desk.pages.redirect_showing(session, PATH, done, visit.now, codes=made, is_new=done == "codes_on")


routes = [show_codes, submit_codes, submit_codes_off, submit_recovery_codes]
