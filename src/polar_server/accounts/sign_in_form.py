"""The page that asks for the password or a passkey, as several endpoints answer with it."""

from polar_server.accounts.answers import asked_return_to
from polar_server.accounts.desk import DescribeReturnTo, Desk
from polar_server.accounts.passkeys.asking import asking
from polar_server.accounts.passkeys.challenges import Ceremony
from polar_server.html import Page, PageRequest


async def sign_in_form(
    request: PageRequest,
    desk: Desk,
    describe: DescribeReturnTo,
    email: str,
    now: int,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
) -> Page:
    """The form, with what was wrong with the last try. `now` is epoch seconds."""
    return_to = asked_return_to(request)
    return desk.pages.render(
        request,
        "accounts/sign_in.html",
        status=status,
        form_action="any",
        client=await describe(return_to) if return_to else None,
        return_to=return_to,
        email=email,
        registration=True,
        passkey=asking(desk, Ceremony.SIGN_IN, now),
        errors=errors or {},
        done=request.query_params.get("done"),
    )
