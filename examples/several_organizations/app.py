"""Products of several organizations in one place, each reached with its own tokens and none with another's."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from html import escape
from os import environ
from secrets import token_urlsafe
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from polar_client import AsyncPolar, PermissionDeniedError, PolarError, UnauthorizedError, ValidationError
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
from polar_client.resources.products import Product

NEEDED = ("POLAR_ISSUER", "POLAR_CLIENT_ID", "POLAR_CLIENT_SECRET")
if missing := [name for name in NEEDED if not environ.get(name)]:
    sys.exit(f"Set {' and '.join(missing)}: `python examples/register.py` makes and prints them.")

ISSUER, CLIENT_ID, CLIENT_SECRET = (environ[name] for name in NEEDED)
PORT = int(environ.get("PORT", "8001"))
ADDRESS = environ.get("ADDRESS", f"http://localhost:{PORT}")

log = logging.getLogger(__name__)
transport = httpx.AsyncHTTPTransport()  # its connections serve all calls; tokens are sent with each, never kept in it
app_at_polar = AsyncOAuthApp(
    CLIENT_ID, CLIENT_SECRET, redirect_uri=f"{ADDRESS}/callback", issuer=ISSUER, transport=transport
)
# Sealed under a name with browser and organization in it, tokens cannot be opened under another.
sessions = AsyncSessions(app_at_polar, Vault(MemoryStore(), new_key()))


def connected(request: Request) -> dict[str, str]:
    """The organizations that this browser has connected: id and name. The cookie is signed, so nobody can add one."""
    found: dict[str, str] = request.session.get("organizations", {})
    return found


def remember(request: Request, organizations: dict[str, str]) -> None:
    """Change what is connected. The session notices what is set in it, not what changes inside of that."""
    request.session["organizations"] = organizations


def without(request: Request, organization_id: str) -> dict[str, str]:
    """What is connected, but for one."""
    return {other: name for other, name in connected(request).items() if other != organization_id}


def vault_name(request: Request, organization_id: str) -> str:
    """Where the tokens of one organization are, for this browser."""
    return f"{request.session.setdefault('id', token_urlsafe())}/{organization_id}"


def chosen(request: Request) -> str:
    """The organization in the address. One that this browser has not connected does not exist for it."""
    organization_id: str = request.path_params["organization_id"]
    if organization_id not in connected(request):
        raise HTTPException(404, "This organization is not connected here.")
    return organization_id


def polar_for(request: Request, organization_id: str) -> AsyncPolar:
    """The API as one organization sees it. Its token is refreshed when it is due."""
    token = sessions.token_of(vault_name(request, organization_id))
    return AsyncPolar(token, base_url=ISSUER, transport=transport)


async def home(request: Request) -> HTMLResponse:
    """What is connected."""
    return page(request, "Your organizations", "" if connected(request) else "<p>None is connected yet.</p>")


async def connect(request: Request) -> RedirectResponse:
    """Ask for one more organization. The person chooses it on Polar's page, which is always shown for that."""
    started = await app_at_polar.authorization_url(
        "openid profile products:read products:write", sub_type="organization"
    )
    request.session["connecting"] = started.saved
    return RedirectResponse(started.url, 303)


async def callback(request: Request) -> RedirectResponse:
    """The person is back. `sub` is the organization that they chose."""
    tokens = await app_at_polar.exchange(str(request.url), request.session.pop("connecting", ""))
    assert tokens.claims, "openid was asked for"
    organization_id = tokens.claims.sub
    found = await app_at_polar.userinfo(tokens.access_token, sub=organization_id)
    name = vault_name(request, organization_id)
    await sessions.end(name)  # connected once more: the tokens of the first time are not needed
    await sessions.save(name, tokens)
    remember(request, {**connected(request), organization_id: found.name or "An organization"})
    return RedirectResponse(f"/organizations/{organization_id}", 303)


async def products(request: Request) -> HTMLResponse:
    """What the organization sells."""
    organization_id = chosen(request)
    polar = polar_for(request, organization_id)
    found = [product async for product in polar.products.iter_all(is_archived=False, sorting=["-created_at"])]
    body = "".join(f"<li>{escape(product.name)}, {price(product)}</li>" for product in found)
    forms = FORMS.format(address=f"/organizations/{escape(organization_id)}")
    return page(request, connected(request)[organization_id], f"<ul>{body}</ul>{forms}")


async def create(request: Request) -> RedirectResponse:
    """Sell something new: in the organization of the address, since the token is that one's."""
    organization_id, form = chosen(request), await read_form(request)
    amount = cents(form.get("price", ""))
    await polar_for(request, organization_id).products.create(
        name=form.get("name", ""),
        prices=[{"amount_type": "fixed", "price_amount": amount, "price_currency": "usd"}],
    )
    return RedirectResponse(f"/organizations/{organization_id}", 303)


async def disconnect(request: Request) -> RedirectResponse:
    """End the access to one organization, at Polar too. The others stay."""
    organization_id = chosen(request)
    await read_form(request)
    remember(request, without(request, organization_id))
    await sessions.end(vault_name(request, organization_id))
    return RedirectResponse("/", 303)


async def read_form(request: Request) -> dict[str, str]:
    """A form of our own pages: browsers name the origin of every form, and a form on another site could do harm."""
    if request.headers.get("origin") != ADDRESS:
        raise HTTPException(403, "This form was not on a page of ours.")
    return dict(parse_qsl((await request.body()).decode()))


def cents(text: str) -> int:
    """An amount in dollars, in the minor units that the API takes."""
    try:
        return int(Decimal(text) * 100)
    except (InvalidOperation, ValueError, OverflowError):
        raise HTTPException(422, "Say the price in dollars, such as 9.50.") from None


def price(product: Product) -> str:
    """The first price, for people. The API has it in minor units; where customers choose, there is none."""
    first = product.prices[0]
    if first.price_amount is None:
        return "you choose"
    return f"{Decimal(first.price_amount) / 100:.2f} {escape(first.price_currency.upper())}"


async def problem(request: Request, error: Exception) -> HTMLResponse:
    """A page that says what happened and what to do."""
    match error:
        case HTTPException():
            return page(request, "That is not possible", f"<p>{escape(error.detail)}</p>", error.status_code)
        case AuthorizationRefused():
            return page(request, "Nothing was connected", f"<p>{escape(error.description)}</p>")
        case InvalidCallback():
            return page(request, "That took too long", "<p>Connect the organization again.</p>", 400)
        case SignInRequired() | UnauthorizedError():
            remember(request, without(request, request.path_params.get("organization_id", "")))
            return page(request, "The access was ended", "<p>Connect the organization again.</p>", 401)
        case PermissionDeniedError():
            return page(request, "Your role does not allow it", "<p>Ask an owner of the organization.</p>", 403)
        case ValidationError():
            return page(request, "Polar does not take it", f"<p>{escape(error.detail)}</p>", 422)
        case _:
            log.error("%s", error)  # without tokens or secrets, as every PolarError
            return page(request, "That did not work", f"<p>{NO_ANSWER}</p>", 502)


def page(request: Request, title: str, body: str, status: int = 200) -> HTMLResponse:
    """A page without scripts, with a link to each organization. `title` is text, `body` is HTML."""
    links = [
        f'<a href="/organizations/{escape(organization_id)}">{escape(name)}</a>'
        for organization_id, name in connected(request).items()
    ]
    links.append('<a href="/connect">Connect an organization</a>')
    return HTMLResponse(PAGE.format(title=escape(title), links=" · ".join(links), body=body), status, HEADERS)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Close the connections at the end."""
    async with app_at_polar:
        yield


NO_ANSWER = "Polar does not answer, or does not take this app: the log says which. Try again in a moment."
FORMS = """<form method="post" action="{address}">
<label>Name <input name="name" required></label>
<label>Price in US dollars <input name="price" inputmode="decimal" required></label>
<p><button>Create product</button></p>
</form>
<form method="post" action="{address}/disconnect"><button>Disconnect this organization</button></form>"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    # Not no-referrer: with that, browsers call the origin of our own forms "null".
    "Referrer-Policy": "same-origin",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }}
button, input {{ font: inherit; padding: .5rem 1rem; border: 1px solid; border-radius: .6rem }}
label {{ display: block; margin: .75rem 0 }}
input {{ display: block; width: 100%; box-sizing: border-box }}
</style>
<nav>{links}</nav>
<h1>{title}</h1>
{body}
"""

app = Starlette(
    routes=[
        Route("/", home),
        Route("/connect", connect),
        Route("/callback", callback),
        Route("/organizations/{organization_id}", products, methods=["GET"]),
        Route("/organizations/{organization_id}", create, methods=["POST"]),
        Route("/organizations/{organization_id}/disconnect", disconnect, methods=["POST"]),
    ],
    middleware=[
        # The key is new at each start, and the tokens are gone then as well.
        Middleware(
            SessionMiddleware,
            secret_key=token_urlsafe(),
            session_cookie="several_organizations_example",
            same_site="lax",
            https_only=ADDRESS.startswith("https://"),
        )
    ],
    exception_handlers={PolarError: problem, HTTPException: problem},
    lifespan=lifespan,
)

if __name__ == "__main__":
    sys.stdout.write(f"Open {ADDRESS}\n")
    sys.stdout.flush()
    # No access log: the address of the callback holds the code.
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
