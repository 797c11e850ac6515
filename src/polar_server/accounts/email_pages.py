"""The page /verify-email, which a mailed link opens, and the button that sends that link."""

from litestar import get, post

from polar_server.accounts import links, people
from polar_server.accounts.answers import link_expired, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.letters import send_verification
from polar_server.accounts.links import Link, Purpose
from polar_server.accounts.own_acts import record_own
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, redirect


@get("/verify-email", include_in_schema=False)
async def show_verify_email(request: PageRequest, desk: GivenDesk, visit: GivenVisit) -> Page:
    """A button. Opening the link uses nothing up: mail scanners open links, too."""
    token = request.query_params.get("token", "")
    link = await links.find_link(desk.database, desk.server_keys, Purpose.VERIFY_EMAIL, token, visit.now)
    if link is None:
        return link_expired(request, desk, Purpose.VERIFY_EMAIL)
    return desk.pages.render(request, "accounts/verify_email.html", token=token, email=link.email)


@post("/verify-email", status_code=303, include_in_schema=False)
async def submit_verify_email(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Use the link: the mailbox is the person's."""
    form = await desk.pages.read_form(request, None)
    link = await links.find_link(desk.database, desk.server_keys, Purpose.VERIFY_EMAIL, form.get("token"), visit.now)
    if link is None or not await _verify(desk, link, visit):
        return link_expired(request, desk, Purpose.VERIFY_EMAIL)
    log.info("link_used", purpose=link.purpose, link_id=link.id, user_id=link.user_id)
    return redirect("/account?done=email_verified" if session else "/sign-in?done=email_verified")


async def _verify(desk: Desk, link: Link, visit: Visit) -> bool:
    async with desk.database.write() as transaction:
        if link.user_id is None or not await links.use_link(transaction, link, visit.now):
            return False
        await people.verify_email(transaction, link.user_id, link.email, visit.now)
        await record_own(transaction, visit, link.user_id, "account.email_verified")
    return True


@post("/verify-email/send", status_code=303, include_in_schema=False)
async def submit_send_verification(
    request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Mail a new link to the person who is signed in."""
    session = require_session(request, session)
    await desk.pages.read_form(request, session)
    user = session.user
    if user.email_verified:
        return redirect("/account?done=email_verified")
    throttled = await send_verification(desk, user.id, user.name, user.email, visit)
    if throttled:
        return too_many_tries(request, desk, throttled, "verify_email")
    return redirect("/account?done=verification_sent")


routes = [show_verify_email, submit_verify_email, submit_send_verification]
