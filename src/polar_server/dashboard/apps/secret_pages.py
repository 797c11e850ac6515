"""`/dashboard/apps/{client_id}/secret`: new secrets, the end of the old one, and a new registration access token."""

from litestar import post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from polar_server.authorization_server import clients
from polar_server.dashboard.apps import secrets
from polar_server.dashboard.apps.developers import ONE, Developer, GivenDeveloper
from polar_server.dashboard.apps.pages import app_page
from polar_server.html import Page
from polar_server.html.form_keys import TOO_OLD

_TWO_WORK = "Two secrets work already. End the old one before you make another."
_OUTDATED = "A newer one was made while this page was open. Look over the page, and press the button once more."


@post(f"{ONE}/secret", status_code=303)
async def submit_rotation(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make a new secret; the app's page shows it once."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    if (overlap := form.get("overlap", "")) not in secrets.OVERLAPS:
        return await app_page(developer, client, 422, {"overlap": "Choose one of these."})
    if (key := developer.read_form_key(form)) is None:
        return await app_page(developer, client, 422, {"form": TOO_OLD})
    try:
        secret = await secrets.rotate_secret(developer, client, int(overlap), key.mint)
    except (secrets.TwoSecretsWork, secrets.Outdated) as refused:
        sentence = _TWO_WORK if isinstance(refused, secrets.TwoSecretsWork) else _OUTDATED
        return await app_page(developer, client, 422, {"form": sentence})
    if secret is None:
        raise NotFoundException
    until = developer.now + int(overlap) if int(overlap) else None
    return _go_showing(developer, client_id, "secret", secret=secret, until=until)


@post(f"{ONE}/secret/replace", status_code=303)
async def submit_replacement(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Make another new secret in place of one that nobody kept, while the old one works."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    if (key := developer.read_form_key(form)) is None:
        return await app_page(developer, client, 422, {"form": TOO_OLD})
    try:
        replaced = await secrets.replace_secret(developer, client, key.mint)
    except secrets.Outdated:
        return await app_page(developer, client, 422, {"form": _OUTDATED})
    if replaced is None:
        return developer.go(client_id)
    secret, until = replaced
    return _go_showing(developer, client_id, "secret", secret=secret, until=until)


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
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id)
    if (key := developer.read_form_key(form)) is None:
        return await app_page(developer, client, 422, {"form": TOO_OLD})
    try:
        token = await secrets.renew_registration_token(developer, client, key.mint)
    except secrets.Outdated:
        return await app_page(developer, client, 422, {"form": _OUTDATED})
    if token is None:
        raise NotFoundException
    return _go_showing(developer, client_id, "registration", registration_token=token)


def _go_showing(
    developer: Developer,
    client_id: str,
    done: str,
    secret: str | None = None,
    registration_token: str | None = None,
    until: int | None = None,
) -> Page:
    shown = {"is_new": False, "secret": secret, "registration_token": registration_token, "until": until}
    return developer.go_showing(client_id, done=done, **shown)


routes = [submit_rotation, submit_replacement, submit_ending, submit_renewal]
