"""What a page gives its script to ask the browser for a passkey, and the browser's answer taken."""

from collections.abc import Callable

from polar_server.accounts.desk import Desk
from polar_server.accounts.passkeys import ceremonies, challenges
from polar_server.accounts.passkeys.ceremonies import Answer, Refused, Use
from polar_server.accounts.passkeys.challenges import Ceremony
from polar_server.accounts.passkeys.keys import Passkey, find_passkey
from polar_server.accounts.sessions import Session
from polar_server.html import PageRequest


def asking(desk: Desk, ceremony: Ceremony, now: int) -> Callable[[str], str]:
    """For a template, which calls it by `csrf.bound`: the options of navigator.credentials.get, as JSON."""

    def options(binding: str) -> str:
        challenge = challenges.make(desk.server_keys, ceremony, binding, now)
        return ceremonies.request_options(desk.settings.issuer, challenge)

    return options


def take(
    request: PageRequest, session: Session | None, desk: Desk, ceremony: Ceremony, form: dict[str, str], now: int
) -> Answer:
    """The browser's answer to a challenge that we gave this browser for this. Raises Refused.

    The challenge is not used up yet: `challenges.spend` does that, in the transaction of what follows.
    """
    answer = ceremonies.read(form.get("credential", ""))
    binding = desk.pages.binding(request, session) or ""
    if not challenges.is_live(desk.server_keys, answer.challenge, ceremony, binding, now):
        raise Refused("not a live challenge of this browser")
    return answer


async def recognize(desk: Desk, answer: Answer) -> tuple[Passkey, Use]:
    """The passkey that signed an answer. Raises Refused."""
    from polar_server.accounts.passkeys import checks  # noqa: PLC0415 - its library is 9 MB, and most workers never see a passkey

    passkey = await find_passkey(desk.database, answer.credential_id)
    if passkey is None:
        raise Refused("unknown passkey")
    # §7.2 step 6: the key found itself, so it must say whose it is.
    if answer.user_id != passkey.user_id:
        raise Refused("the passkey names another person")
    return passkey, checks.check_use(desk.settings.issuer, answer, passkey.public_key, passkey.sign_count)
