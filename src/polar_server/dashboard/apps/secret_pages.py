"""`/dashboard/apps/{client_id}/secret`: new secrets, the end of the old one, and a new registration access token."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import post
from litestar.params import FromPath

from polar_server.authorization_server import clients
from polar_server.dashboard.apps import secrets
from polar_server.dashboard.apps.developers import ONE, Developer, GivenDeveloper
from polar_server.dashboard.apps.pages import app_page
from polar_server.dashboard.apps.secrets import NotMade
from polar_server.html import Page
from polar_server.html.form_keys import TOO_OLD
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.tokens import Mint

_NOTHING = {"is_new": False, "secret": None, "registration_token": None, "until": None}


class _Sent(NamedTuple):
    """A form that makes a secret of an app; `mint` draws it."""

    client: RegisteredClient
    form: dict[str, str]
    mint: Mint


@post(f"{ONE}/secret", status_code=303)
async def submit_rotation(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make a new secret; the app's page shows it once."""
    return await _make(developer, client_id, _rotate)


@post(f"{ONE}/secret/replace", status_code=303)
async def submit_replacement(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make another new secret in place of one that nobody kept, while the old one works."""
    return await _make(developer, client_id, _replace)


@post(f"{ONE}/secret/end", status_code=303)
async def submit_ending(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """End the old secret now."""
    await developer.read_form()
    client = await developer.find_app(client_id)
    async with developer.server.database.write() as tx:
        ended = await clients.end_previous_secret(tx, client, developer.actor, developer.now)
    return developer.go(client_id, done="secret_ended" if ended else None)


@post(f"{ONE}/registration", status_code=303)
async def submit_renewal(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make a new registration access token (RFC 7592); the app's page shows it once."""
    return await _make(developer, client_id, _renew)


async def _make(
    developer: Developer, client_id: str, make: Callable[[Developer, _Sent], Awaitable[dict[str, Any] | None]]
) -> Page:
    """Show what `make` gives once; the app's page when there was nothing to replace, or with the reason why not."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    if (key := developer.read_form_key(form)) is None:
        return await app_page(developer, client, 422, {"form": TOO_OLD})
    try:
        made = await make(developer, _Sent(client, form, key.mint))
    except NotMade as refused:
        return await app_page(developer, client, 422, refused.errors)
    return developer.go(client_id) if made is None else developer.go_showing(client_id, **{**_NOTHING, **made})


async def _rotate(developer: Developer, sent: _Sent) -> dict[str, Any] | None:
    if (overlap := sent.form.get("overlap", "")) not in secrets.OVERLAPS:
        raise NotMade("Choose one of these.", "overlap")
    secret = await secrets.rotate_secret(developer, sent.client, int(overlap), sent.mint)
    until = developer.now + int(overlap) if int(overlap) else None
    return None if secret is None else {"done": "secret", "secret": secret, "until": until}


async def _replace(developer: Developer, sent: _Sent) -> dict[str, Any] | None:
    replaced = await secrets.replace_secret(developer, sent.client, sent.mint)
    return replaced and {"done": "secret", "secret": replaced[0], "until": replaced[1]}


async def _renew(developer: Developer, sent: _Sent) -> dict[str, Any] | None:
    token = await secrets.renew_registration_token(developer, sent.client, sent.mint)
    return None if token is None else {"done": "registration", "registration_token": token}


routes = [submit_rotation, submit_replacement, submit_ending, submit_renewal]
