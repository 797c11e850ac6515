"""`login`, `logout` and `whoami`."""

import webbrowser
from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import Parameter

from polar_client import loopback
from polar_client.command_line import sign_ins
from polar_client.command_line.addresses import server_at
from polar_client.command_line.calling import calling
from polar_client.command_line.output import One, Refused, advise
from polar_client.command_line.sign_ins import SignIn
from polar_client.errors import PolarError
from polar_client.oauth import SignInRequired

DEFAULT_SERVER = "http://localhost:8000"
SCOPE = (
    "openid profile email user:read organizations:read products:read products:write customers:read orders:read "
    "subscriptions:read checkouts:read checkouts:write webhooks:read webhooks:write"
)


def login(
    *,
    server: str | None = None,
    organization: Annotated[bool, Parameter(negative="")] = False,
    browser: bool = True,
) -> One:
    """Sign in with the browser. This computer is registered as a client the first time.

    Parameters
    ----------
    server
        Address of the server. Left out, it is that of the last sign-in, else http://localhost:8000.
    organization
        Sign in for one organization, which you choose in the browser, instead of all of yours.
    browser
        Open the browser. Without, only the address is printed.
    """
    sign_in = sign_ins.at(None if server is None else server_at(server), DEFAULT_SERVER)
    client_id = sign_in.client_id()
    tokens = loopback.sign_in(
        client_id,
        issuer=sign_in.server,
        scope=SCOPE,
        sub_type="organization" if organization else "user",
        open_url=_shown(browser=browser),
    )
    sign_in.begin(client_id, tokens)
    return _who(sign_in, "Signed in")


def logout() -> One:
    """Sign out. The tokens are forgotten here and revoked at the server."""
    sign_in = sign_ins.current()
    try:
        sign_in.end()
    except SignInRequired:
        raise
    except PolarError as error:
        reason = f"The tokens are forgotten here, but not revoked. {error}."
        raise Refused(f"{reason} Remove the app among the connected apps of your account.") from None
    return One(f"Signed out of {sign_in.server}.", {"server": sign_in.server})


def whoami() -> One:
    """Say who is signed in, and where."""
    return _who(sign_ins.current(), "You are signed in")


def _shown(*, browser: bool) -> Callable[[str], Any]:
    def show(url: str) -> None:
        advise("Your browser opens. If it does not, go to:" if browser else "Sign in with your browser, at:")
        advise(url)
        if browser:
            webbrowser.open(url)

    return show


def _who(sign_in: SignIn, begin: str) -> One:
    with calling() as caller:
        found = caller.get("/v1/oauth2/userinfo")
    return One(f"{begin} at {caller.server} as {_name(found)}.", found, _lines(found, sign_in))


def _name(found: dict[str, Any]) -> str:
    email = f" <{found['email']}>" if found.get("email") else ""
    return f"{found.get('name') or found['sub']}{email}"


def _lines(found: dict[str, Any], sign_in: SignIn) -> list[tuple[str, object]]:
    organizations = [(one["slug"], f"{one['name']}, {one['role']}") for one in found.get("organizations", [])]
    return [("id", found["sub"]), ("for", found.get("sub_type", "user")), ("kept in", sign_in.place), *organizations]
