"""Sign in with Polar, in Starlette: who you are, and a way out."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from os import environ
from secrets import token_urlsafe

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from polar_client import PolarError, UnauthorizedError
from polar_client.oauth import (
    AsyncOAuthApp,
    AsyncSessions,
    AuthorizationRefused,
    InvalidCallback,
    MemoryStore,
    SignInRequired,
    Vault,
    new_key,
)

NEEDED = ("POLAR_ISSUER", "POLAR_CLIENT_ID", "POLAR_CLIENT_SECRET")
if missing := [name for name in NEEDED if not environ.get(name)]:
    sys.exit(f"Set {' and '.join(missing)}: `python examples/register.py` makes and prints them.")

ISSUER, CLIENT_ID, CLIENT_SECRET = (environ[name] for name in NEEDED)
PORT = int(environ.get("PORT", "8001"))
ADDRESS = environ.get("ADDRESS", f"http://localhost:{PORT}")

log = logging.getLogger(__name__)
# The redirect URI is registered, letter by letter. Never make it from the Host header, which a visitor can choose.
polar = AsyncOAuthApp(CLIENT_ID, CLIENT_SECRET, redirect_uri=f"{ADDRESS}/callback", issuer=ISSUER)
# Tokens are kept here under a random name, and the browser's cookie has only that name.
sessions = AsyncSessions(polar, Vault(MemoryStore(), new_key()))


async def home(request: Request) -> HTMLResponse:
    """Who is signed in. The access token is refreshed when it is due."""
    name = request.session.get("tokens")
    if name is None:
        return page("Welcome", '<p><a href="/sign-in">Sign in with Polar</a></p>')
    person = await polar.userinfo(await sessions.access_token(name), sub=request.session["sub"])
    return page(f"Hello, {person.name}", f"<p>{escape(person.email or '')}</p>{SIGN_OUT}")


async def sign_in(request: Request) -> RedirectResponse:
    """Send the person to Polar. State, nonce and code_verifier wait in the session's cookie, signed."""
    started = await polar.authorization_url("openid profile email")
    request.session["sign_in"] = started.saved
    return RedirectResponse(started.url, 303)


async def callback(request: Request) -> RedirectResponse:
    """The person is back, with a code or an error."""
    tokens = await polar.exchange(str(request.url), request.session.pop("sign_in", ""))
    assert tokens.claims, "openid was asked for"
    await end(request)
    request.session.update(tokens=token_urlsafe(), sub=tokens.claims.sub)
    await sessions.save(request.session["tokens"], tokens)
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> RedirectResponse:
    """End the access at Polar, and the session here. A form on another site is sent without the Lax cookie."""
    await end(request)
    return RedirectResponse("/", 303)


async def end(request: Request) -> None:
    """End the session, and revoke its tokens, if there are any."""
    name = request.session.get("tokens")
    request.session.clear()
    if name is not None:
        await sessions.end(name)


async def problem(request: Request, error: Exception) -> HTMLResponse:
    """A page that says what happened and what to do."""
    match error:
        case AuthorizationRefused():
            return page("Nothing was shared", f"<p>{escape(error.description)}</p>{AGAIN}")
        case InvalidCallback():
            return page("This sign-in is over", f"<p>It began in another browser, or long ago.</p>{AGAIN}", 400)
        case SignInRequired() | UnauthorizedError():
            request.session.clear()
            text = "It ended at Polar, so you are signed out here too."
            return page("Your access was ended", f"<p>{text}</p>{AGAIN}", 401)
        case _:
            log.error("%s", error)  # without tokens or secrets, as every PolarError
            return page("That did not work", f"<p>{NO_ANSWER}</p>", 502)


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A page without scripts. `title` is text, `body` is HTML."""
    return HTMLResponse(PAGE.format(title=escape(title), body=body), status, HEADERS)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Close the connections at the end."""
    async with polar:
        yield


NO_ANSWER = "Polar does not answer, or does not take this app: the log says which. Try again in a moment."
AGAIN = '<p><a href="/sign-in">Sign in</a> whenever you like.</p>'
SIGN_OUT = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }}
button {{ font: inherit; padding: .5rem 1rem; border: 1px solid; border-radius: .6rem }}
</style>
<h1>{title}</h1>
{body}
"""

app = Starlette(
    routes=[
        Route("/", home),
        Route("/sign-in", sign_in),
        Route("/callback", callback),
        Route("/sign-out", sign_out, methods=["POST"]),
    ],
    middleware=[
        # The key is new at each start, and the tokens are gone then as well.
        Middleware(
            SessionMiddleware,
            secret_key=token_urlsafe(),
            session_cookie="starlette_example",
            same_site="lax",
            https_only=ADDRESS.startswith("https://"),
        )
    ],
    exception_handlers={PolarError: problem},
    lifespan=lifespan,
)

if __name__ == "__main__":
    sys.stdout.write(f"Open {ADDRESS}\n")
    sys.stdout.flush()
    # No access log: the address of the callback holds the code.
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
