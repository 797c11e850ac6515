"""`/dashboard/apps/{client_id}/secret`: a new secret, the end of the old one, and a new registration access token."""

from litestar import post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from polar_server.authorization_server import clients
from polar_server.dashboard.apps import secrets
from polar_server.dashboard.apps.developers import ONE, Developer, GivenDeveloper
from polar_server.dashboard.apps.pages import app_page
from polar_server.html import Page
from polar_server.oauth.clients import RegisteredClient


@post(f"{ONE}/secret", status_code=200)
async def submit_rotation(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make a new secret and show it this once."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    if (overlap := form.get("overlap", "")) not in secrets.OVERLAPS:
        return await app_page(developer, client, 422, {"overlap": "Choose one of these."})
    try:
        secret = await secrets.rotate_secret(developer, client, int(overlap))
    except secrets.TwoSecretsWork:
        # Also what a reloaded page would do.
        errors = {"form": "Two secrets work already. End the old one before you make another."}
        return await app_page(developer, client, 422, errors)
    if secret is None:
        raise NotFoundException
    until = developer.now + int(overlap) if int(overlap) else None
    return _shown_once(developer, client, secret=secret, until=until)


@post(f"{ONE}/secret/end", status_code=303)
async def submit_ending(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """End the old secret now."""
    await developer.read_form()
    client = await developer.find_app(client_id)
    async with developer.server.database.write() as tx:
        ended = await clients.end_previous_secret(tx, client, developer.actor, developer.now)
    return developer.go(client_id, done="secret_ended" if ended else None)


@post(f"{ONE}/registration", status_code=200)
async def submit_renewal(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make a new registration access token and show it this once (RFC 7592)."""
    await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    async with developer.server.database.write() as tx:
        token = await clients.renew_registration_token(
            tx, developer.server.server_keys, client, developer.actor, developer.visit.now_ms
        )
    return _shown_once(developer, client, registration_token=token)


def _shown_once(
    developer: Developer,
    client: RegisteredClient,
    secret: str | None = None,
    registration_token: str | None = None,
    until: int | None = None,
) -> Page:
    return developer.render(
        "shown_once", client=client, is_new=False, secret=secret, registration_token=registration_token, until=until
    )


routes = [submit_rotation, submit_ending, submit_renewal]
