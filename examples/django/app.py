"""Sign in with Polar, in Django: who you are, a way out, and webhooks. A whole project in one file."""

import logging
import sys
from os import environ
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

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
from polar_client.resources.orders import Order
from polar_client.webhooks import WebhookError, verify

NEEDED = ("POLAR_ISSUER", "POLAR_CLIENT_ID", "POLAR_CLIENT_SECRET")
if missing := [name for name in NEEDED if not environ.get(name)]:
    sys.exit(f"Set {' and '.join(missing)}: `python examples/register.py` makes and prints them.")

ISSUER, CLIENT_ID, CLIENT_SECRET = (environ[name] for name in NEEDED)
WEBHOOK_SECRET = environ.get("POLAR_WEBHOOK_SECRET")
PORT = int(environ.get("PORT", "8001"))
ADDRESS = environ.get("ADDRESS", f"http://localhost:{PORT}")
IS_HTTPS = ADDRESS.startswith("https://")

settings.configure(
    SECRET_KEY=token_urlsafe(),  # new at each start, and the tokens are gone then as well
    ALLOWED_HOSTS=[urlsplit(ADDRESS).hostname],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        f"{__name__}.Problems",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",  # a project with a database keeps it there
    SESSION_COOKIE_NAME="django_example",
    SESSION_COOKIE_SECURE=IS_HTTPS,
    CSRF_USE_SESSIONS=True,
    CSRF_TRUSTED_ORIGINS=[ADDRESS],
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        # The log of requests would show codes: the address of the callback holds one.
        "loggers": {"django.server": {"level": "CRITICAL"}},
    },
)

log = logging.getLogger(__name__)
# The redirect URI is registered, letter by letter. Never make it from the Host header, which a visitor can choose.
polar = OAuthApp(CLIENT_ID, CLIENT_SECRET, redirect_uri=f"{ADDRESS}/callback", issuer=ISSUER)
# Tokens are kept here under a random name, and the browser's cookie has only that name.
sessions = Sessions(polar, Vault(MemoryStore(), new_key()))


def home(request: HttpRequest) -> HttpResponse:
    """Who is signed in. The access token is refreshed when it is due."""
    name = request.session.get("tokens")
    if name is None:
        return page("Welcome", format_html(SIGN_IN, "Sign in with Polar"))
    person = polar.userinfo(sessions.access_token(name), sub=request.session["sub"])
    return page(f"Hello, {person.name}", format_html(SIGN_OUT, person.email, get_token(request)))


def sign_in(request: HttpRequest) -> HttpResponse:
    """Send the person to Polar. State, nonce and code_verifier wait in the session's cookie, signed."""
    started = polar.authorization_url("openid profile email")
    request.session["sign_in"] = started.saved
    return redirect(started.url)


def callback(request: HttpRequest) -> HttpResponse:
    """The person is back, with a code or an error."""
    tokens = polar.exchange(request.build_absolute_uri(), request.session.pop("sign_in", ""))
    assert tokens.claims, "openid was asked for"
    end(request)
    request.session.update({"tokens": token_urlsafe(), "sub": tokens.claims.sub})
    sessions.save(request.session["tokens"], tokens)
    return redirect("/")


def sign_out(request: HttpRequest) -> HttpResponse:
    """End the access at Polar, and the session here."""
    end(request)
    return redirect("/")


def webhook(request: HttpRequest) -> HttpResponse:
    """An event. The signature is that of the body as it came, so nothing may parse it before."""
    if not WEBHOOK_SECRET:
        return HttpResponse("POLAR_WEBHOOK_SECRET is not set.", status=503)
    try:
        event = verify(request.body, request.headers, WEBHOOK_SECRET)
    except WebhookError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    # It may come more than once, with the same id: keep ids where you keep what they changed.
    if event.type == "order.paid":
        order = event.read(Order)
        log.info("%s: order %s over %s %s", event.id, order.id, order.total_amount, order.currency)
    return HttpResponse(status=204)


def end(request: HttpRequest) -> None:
    """End the session, and revoke its tokens, if there are any."""
    name = request.session.get("tokens")
    request.session.flush()
    if name is not None:
        sessions.end(name)


class Problems:
    """Middleware that makes pages of what Polar refuses."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page that says what happened and what to do."""
        match error:
            case AuthorizationRefused():
                return page("Nothing was shared", format_html(AGAIN, error.description))
            case InvalidCallback():
                text = "It began in another browser, or long ago."
                return page("This sign-in is over", format_html(AGAIN, text), 400)
            case SignInRequired() | UnauthorizedError():
                request.session.flush()
                text = "It ended at Polar, so you are signed out here too."
                return page("Your access was ended", format_html(AGAIN, text), 401)
            case PolarError():
                log.error("%s", error)  # without tokens or secrets, as every PolarError
                return page("That did not work", NO_ANSWER, 502)
        return None


def page(title: str, body: str, status: int = 200) -> HttpResponse:
    """A page without scripts. format_html escapes what it puts in, unless it made it itself."""
    return HttpResponse(format_html(PAGE, title=title, body=body), status=status, headers=HEADERS)


NO_ANSWER = "Polar does not answer, or does not take this app: the log says which. Try again in a moment."
SIGN_IN = '<p><a href="/sign-in">{}</a></p>'
AGAIN = '<p>{}</p><p><a href="/sign-in">Sign in</a> whenever you like.</p>'
SIGN_OUT = """<p>{}</p>
<form method="post" action="/sign-out"><input type="hidden" name="csrfmiddlewaretoken" value="{}">
<button>Sign out</button></form>"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
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

urlpatterns = [
    path("", require_GET(home)),
    path("sign-in", require_GET(sign_in)),
    path("callback", require_GET(callback)),
    path("sign-out", require_POST(sign_out)),
    # Another server sends it, without a cookie or a form of ours; the signature says who.
    path("webhooks", csrf_exempt(require_POST(webhook))),
]
application = get_wsgi_application()

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.stdout.write(f"Open {ADDRESS}\n")
    sys.stdout.flush()
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", f"localhost:{PORT}"])
