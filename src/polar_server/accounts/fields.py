"""What people may type into the fields of a form, and the sentence they read when they may not."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from polar_server.accounts import passwords
from polar_server.accounts.roles import Role
from polar_server.html.words import plain
from polar_server.oauth.tokens import ID_LENGTH

Rule = Callable[[str], str]

EMAIL_LENGTH, NAME_LENGTH, URL_LENGTH = 254, 100, 2000
# The pattern of HTML's <input type=email>, so the browser and we agree (HTML Living Standard §4.10.5.1.5).
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_URL_TAIL = r"[/?][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*"
_PICTURE = re.compile(rf"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{{1,5}})?(?:{_URL_TAIL})?", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,62})[a-z0-9]")

RESERVED_SLUGS = frozenset(
    """
    about account accounts admin administrator api app apps assets auth authorize billing blog callback checkout
    client clients consent console contact create customer customers dashboard delete demo docs edit email error
    files help home internal invitation invitations invite legal login logout mail me metrics new null oauth oauth2
    openid operator order orders organization organizations owner polar privacy product products public register
    root security settings sign-in sign-out sign-up signin signup static status subscriptions support system team
    terms test undefined user userinfo users v1 webhook webhooks well-known www
    """.split()  # noqa: SIM905 - a list of words is read and changed as words
)


class Unacceptable(Exception):
    """A field's text cannot be used. The message is for the person who typed it."""


def check(form: Mapping[str, str], **rules: Rule) -> tuple[dict[str, str], dict[str, str]]:
    """(values, errors): each field's value as its rule returns it, and a sentence for each field that breaks one."""
    values, errors = {}, {}
    for field, rule in rules.items():
        try:
            values[field] = rule(form.get(field, ""))
        except Unacceptable as error:
            errors[field] = str(error)
    return values, errors


def normalized_email(text: str) -> str | None:
    """The address trimmed and in lower case, as it is stored and compared; None when it is no address."""
    address = text.strip().lower()
    return address if len(address) <= EMAIL_LENGTH and _EMAIL.fullmatch(address) else None


def email(text: str) -> str:
    address = normalized_email(text)
    if address is None:
        raise Unacceptable("Enter an email address like ada@example.com.")
    return address


def name(text: str) -> str:
    shown = plain(text)
    if not shown:
        raise Unacceptable("Enter a name.")
    if len(shown) > NAME_LENGTH:
        raise Unacceptable(f"Use at most {NAME_LENGTH} characters.")
    return shown


def picture(text: str) -> str:
    """An https URL, or nothing. The server never fetches it."""
    url = text.strip()
    if url and not (len(url) <= URL_LENGTH and _PICTURE.fullmatch(url)):
        raise Unacceptable("Enter an address that starts with https://, or leave this empty.")
    return url


def slug(text: str) -> str:
    value = text.strip()
    if not _SLUG.fullmatch(value):
        raise Unacceptable("Use 3 to 64 lower-case letters, digits and hyphens, without a hyphen at either end.")
    if value in RESERVED_SLUGS:
        raise Unacceptable("This address is reserved. Choose another one.")
    return value


def is_slug(text: str) -> bool:
    """Whether an organization can have this slug; anything else need not be looked up."""
    return bool(_SLUG.fullmatch(text))


def given_password(text: str) -> str:
    if not text:
        raise Unacceptable("Enter your current password.")
    return text


def new_password(for_email: str) -> Rule:
    """The rule for a password chosen by the person with this address."""
    return partial(_new_password, for_email)


def _new_password(for_email: str, text: str) -> str:
    problem = passwords.problem_of(text, for_email)
    if problem:
        raise Unacceptable(problem)
    return text


def role(text: str) -> str:
    if text not in list(Role):
        raise Unacceptable("Choose one of the roles: owner, admin or member.")
    return text


def is_user_id(text: str) -> bool:
    """Whether a user can have this id; anything else need not be looked up."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def is_token_id(text: str) -> bool:
    """Whether a session or invitation can have this id; anything else need not be looked up."""
    return len(text) == ID_LENGTH and text.isascii() and text.isalnum()
