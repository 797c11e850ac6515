"""Sign in with Polar, in Flask: who you are, and a way out."""

import logging
import sys
from os import environ
from secrets import token_bytes, token_urlsafe

from flask import Flask, Response, redirect, render_template_string, request, session
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response as AnyResponse

from polar_client import PolarError, UnauthorizedError
from polar_client.oauth import (
    AuthorizationRefused,
    InvalidCallback,
    MemoryStore,
    OAuthApp,
    Sessions,
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

# The redirect URI is registered, letter by letter. Never make it from the Host header, which a visitor can choose.
polar = OAuthApp(CLIENT_ID, CLIENT_SECRET, redirect_uri=f"{ADDRESS}/callback", issuer=ISSUER)
# Tokens are kept here under a random name, and the browser's cookie has only that name.
sessions = Sessions(polar, Vault(MemoryStore(), new_key()))

app = Flask(__name__)
app.secret_key = token_bytes()  # new at each start, and the tokens are gone then as well
app.config.update(
    SESSION_COOKIE_NAME="flask_example",
    SESSION_COOKIE_SAMESITE="Lax",
    SESSION_COOKIE_SECURE=ADDRESS.startswith("https://"),
)


@app.get("/")
def home() -> str:
    """Who is signed in. The access token is refreshed when it is due."""
    if "tokens" not in session:
        return page("Welcome", link="Sign in with Polar")
    person = polar.userinfo(sessions.access_token(session["tokens"]), sub=session["sub"])
    return page(f"Hello, {person.name}", person.email or "", is_signed_in=True)


@app.get("/sign-in")
def sign_in() -> AnyResponse:
    """Send the person to Polar. State, nonce and code_verifier wait in the session's cookie, signed."""
    started = polar.authorization_url("openid profile email")
    session["sign_in"] = started.saved
    return redirect(started.url, 303)


@app.get("/callback")
def callback() -> AnyResponse:
    """The person is back, with a code or an error."""
    tokens = polar.exchange(request.url, session.pop("sign_in", ""))
    assert tokens.claims, "openid was asked for"
    end()
    session.update(tokens=token_urlsafe(), sub=tokens.claims.sub)
    sessions.save(session["tokens"], tokens)
    return redirect("/", 303)


@app.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the access at Polar, and the session here. A form on another site is sent without the Lax cookie."""
    end()
    return redirect("/", 303)


def end() -> None:
    """End the session, and revoke its tokens, if there are any."""
    name = session.get("tokens")
    session.clear()
    if name is not None:
        sessions.end(name)


@app.errorhandler(PolarError)
def problem(error: PolarError) -> tuple[str, int]:
    """A page that says what happened and what to do."""
    match error:
        case AuthorizationRefused():
            return page("Nothing was shared", error.description, link="Sign in"), 200
        case InvalidCallback():
            return page("This sign-in is over", "It began in another browser, or long ago.", link="Sign in"), 400
        case SignInRequired() | UnauthorizedError():
            session.clear()
            text = "It ended at Polar, so you are signed out here too."
            return page("Your access was ended", text, link="Sign in"), 401
        case _:
            app.logger.error("%s", error)  # without tokens or secrets, as every PolarError
            return page("That did not work", NO_ANSWER), 502


def page(title: str, text: str = "", *, link: str = "", is_signed_in: bool = False) -> str:
    """A page without scripts. Jinja escapes what it is given."""
    return render_template_string(PAGE, title=title, text=text, link=link, is_signed_in=is_signed_in)


@app.after_request
def protect(response: Response) -> Response:
    """Pages are not kept, framed, or able to load anything."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


NO_ANSWER = "Polar does not answer, or does not take this app: the log says which. Try again in a moment."
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ title }}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1rem; border: 1px solid; border-radius: .6rem }
</style>
<h1>{{ title }}</h1>
<p>{{ text }}</p>
{% if link %}<p><a href="/sign-in">{{ link }}</a></p>{% endif %}
{% if is_signed_in %}<form method="post" action="/sign-out"><button>Sign out</button></form>{% endif %}
"""

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its log of requests would show codes
    sys.stdout.write(f"Open {ADDRESS}\n")
    sys.stdout.flush()
    run_simple("127.0.0.1", PORT, app, threaded=True)
