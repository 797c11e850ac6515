"""The mail that answers an email address typed by a stranger, without telling the stranger who has an account.

Sign-up and a forgotten password do the same work: one limit counted, one row, one mail, one page. An
address without an account gets a link to sign up, one with an account a link to choose a new password.
Only the words differ, by what was asked for, and only the mailbox's owner reads them.
"""

from polar_server.accounts import guesses, links
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk
from polar_server.accounts.guesses import Throttled
from polar_server.accounts.links import LIFETIMES, NewLink, Purpose
from polar_server.accounts.people import Person, find_user_by_email
from polar_server.accounts.sessions import User
from polar_server.accounts.visits import Visit

_LETTERS = {
    (Purpose.SIGN_UP, Purpose.SIGN_UP): "sign_up",
    (Purpose.SIGN_UP, Purpose.RESET_PASSWORD): "account_exists",
    (Purpose.RESET_PASSWORD, Purpose.RESET_PASSWORD): "reset_password",
    (Purpose.RESET_PASSWORD, Purpose.SIGN_UP): "no_account",
}
"""(what was asked for, what fits the address) -> the mail."""


async def answer_by_mail(desk: Desk, asked: Purpose, email: str, return_to: str, visit: Visit) -> Throttled | None:
    """Mail the link that fits a normalized address; None also when there is nothing to send."""
    limits = guesses.mail_limits(desk.server_keys, desk.settings, email, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return throttled
    person = await find_user_by_email(desk.database, email)
    fitting = Purpose.RESET_PASSWORD if person else Purpose.SIGN_UP
    new = NewLink(fitting, email, person.id if person else None, return_to)
    async with desk.database.statement() as transaction:
        token = await links.issue_link(transaction, desk.server_keys, new, visit)
    link = links.link_url(desk.settings.issuer, fitting, token)
    _post(desk, _LETTERS[asked, fitting], email, person, link, LIFETIMES[fitting])
    log.info("link_issued", asked=asked, purpose=fitting, link_id=token.id, user_id=new.user_id)
    return None


def _post(desk: Desk, letter: str, email: str, person: Person | None, link: str, lifetime: int) -> None:
    if person is not None and person.disabled_at is not None:
        return
    values = {"name": person.name} if person else {}
    desk.post(email, letter, link=link, lifetime=lifetime, **values)


async def send_verification(desk: Desk, user_id: str, name: str, email: str, visit: Visit) -> Throttled | None:
    """Mail a link that shows that the mailbox is the person's."""
    limits = guesses.mail_limits(desk.server_keys, desk.settings, email, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return throttled
    new = NewLink(Purpose.VERIFY_EMAIL, email, user_id, "")
    async with desk.database.statement() as transaction:
        token = await links.issue_link(transaction, desk.server_keys, new, visit)
    link = links.link_url(desk.settings.issuer, Purpose.VERIFY_EMAIL, token)
    desk.post(email, "verify_email", name=name, link=link, lifetime=LIFETIMES[Purpose.VERIFY_EMAIL])
    log.info("link_issued", asked=Purpose.VERIFY_EMAIL, purpose=Purpose.VERIFY_EMAIL, link_id=token.id, user_id=user_id)
    return None


def tell_password_changed(desk: Desk, name: str, email: str, now: int) -> None:
    """Tell a person that their password is another one, in case it was not them."""
    desk.post(email, "password_changed", name=name, at=now, link=f"{desk.settings.issuer}/forgot-password")


def tell_security_changed(desk: Desk, user: User, change: str, now: int) -> None:
    """Tell a person how their account is opened from now on, in case it was not them. `change` is a sentence."""
    links = {"link": f"{desk.settings.issuer}/forgot-password", "security": f"{desk.settings.issuer}/account/security"}
    desk.post(user.email, "security_changed", name=user.name, change=change, at=now, **links)
