"""`/dashboard/apps`: the list, a new one, one with its secrets, what was registered of it, and its end."""

from collections.abc import Mapping
from contextlib import suppress

from litestar import get, post
from litestar.params import FromPath

from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.clients import CreatedClient, Ownership
from polar_server.dashboard import scopes as boxes
from polar_server.dashboard.apps import forms, secrets
from polar_server.dashboard.apps.developers import AREA, ONE, Developer, GivenDeveloper
from polar_server.dashboard.apps.forms import TypedApp
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.database import UniqueViolation
from polar_server.html import Page
from polar_server.html.form_keys import TOO_OLD, FormKey
from polar_server.oauth import registration, scopes
from polar_server.oauth.clients import RegisteredClient


@get(AREA)
async def show_apps(developer: GivenDeveloper) -> Page:
    """The person's apps, oldest first, each with how many people let it in."""
    asked = asked_of(developer.request, {"created_at": "created_at"}, "created_at")
    async with developer.server.database.read() as tx:
        found, total = await client_queries.list_clients_of(tx, developer.user_id, PER_PAGE, asked.offset)
        people = await client_queries.count_people(tx, developer.user_id)
    return developer.render("list", listed=asked.of(found, total), people=people)


@get(f"{AREA}/new")
async def show_new_app(developer: GivenDeveloper) -> Page:
    """The form of a new app."""
    return _form_page(developer, None, forms.new_form())


@post(f"{AREA}/new", status_code=303)
async def submit_new_app(developer: GivenDeveloper) -> Page:
    """Register an app; its page shows the secrets once."""
    form = await developer.read_form()
    if (again := forms.to_show_again(form)) is not None:
        return _form_page(developer, None, *again, status=200)
    typed, errors = forms.read_app(form)
    if typed is None:
        return _form_page(developer, None, form, errors)
    key = developer.read_form_key(form)
    if key is None:
        return _form_page(developer, None, form, {"form": TOO_OLD})
    made = await _register(developer, typed, key)
    return developer.go_showing(
        made.client_id,
        done="registered",
        is_new=True,
        secret=made.client_secret,
        registration_token=made.registration_access_token,
        until=None,
    )


async def _register(developer: Developer, typed: TypedApp, key: FormKey) -> CreatedClient:
    server, made = developer.server, clients.mint_client(typed.metadata, key.mint)
    ownership = Ownership(owner_id=developer.user_id, require_pkce=typed.require_pkce)
    # A violation: the form was sent twice, and registered this very app before.
    with suppress(UniqueViolation):
        async with server.database.write() as tx:
            await clients.create_client(
                tx, server.server_keys, typed.metadata, ownership, developer.visit.now_ms, developer.actor, made=made
            )
    return made


@get(ONE)
async def show_app(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """An app: its id, its secrets, and what was registered of it. What a form has just made is shown once, instead."""
    client = await developer.find_app(client_id)
    if (shown := developer.shown_once()) is not None:
        return developer.render("shown_once", client=client, **shown)
    return await app_page(developer, client)


async def app_page(
    developer: Developer, client: RegisteredClient, status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    """The page of an app."""
    async with developer.server.database.read() as tx:
        kept = await client_queries.find_kept_secrets(tx, client.client_id)
        people = (await client_queries.count_people(tx, developer.user_id)).get(client.client_id, 0)
    return developer.render(
        "app",
        status,
        client=client,
        kept=kept,
        is_rotating=kept is not None and kept.is_rotating(developer.now),
        overlaps=secrets.OVERLAPS,
        people=people,
        scopes=scopes.describe(client.scope.split()),
        sub_types=forms.SUB_TYPES,
        issuer=developer.server.issuer,
        form_key=developer.form_key(),
        errors=dict(errors or {}),
    )


@get(f"{ONE}/edit")
async def show_edit(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """What was registered, to be changed."""
    client = await developer.find_app(client_id)
    return _form_page(developer, client, forms.form_of(client))


@post(f"{ONE}/edit", status_code=303)
async def submit_edit(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Save what was changed."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    if (again := forms.to_show_again(form, client)) is not None:
        return _form_page(developer, client, *again, status=200)
    typed, errors = forms.read_app(form, client)
    if typed is None:
        return _form_page(developer, client, form, errors)
    async with developer.server.database.write() as tx:
        await clients.update_client(
            tx, client, typed.metadata, developer.actor, developer.now, require_pkce=typed.require_pkce
        )
    return developer.go(client_id, done="saved")


@get(f"{ONE}/delete")
async def show_deletion(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """What the end of an app means, and for how many people."""
    client = await developer.find_app(client_id)
    developer.require_recent()
    async with developer.server.database.read() as tx:
        people = (await client_queries.count_people(tx, developer.user_id)).get(client.client_id, 0)
    return developer.render("delete", client=client, people=people)


@post(f"{ONE}/delete", status_code=303)
async def submit_deletion(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Delete an app; whatever it was given dies with it."""
    await developer.read_form()
    client = await developer.find_app(client_id)
    developer.require_recent(client_id, "delete")
    async with developer.server.database.write() as tx:
        await clients.delete_client(tx, client.client_id, developer.actor, developer.now)
    return developer.go(done="deleted")


def _form_page(
    developer: Developer,
    client: RegisteredClient | None,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    status: int | None = None,
) -> Page:
    return developer.render(
        "edit" if client else "new",
        status or (422 if errors else 200),
        client=client,
        form=form,
        form_key=developer.form_key(),
        errors=dict(errors or {}),
        kinds=forms.KINDS,
        sub_types=forms.SUB_TYPES,
        algorithms=registration.ID_TOKEN_ALGORITHMS,
        scopes=boxes.groups_of(scopes.NAMES),
    )


routes = [
    show_apps,
    show_new_app,
    submit_new_app,
    show_app,
    show_edit,
    submit_edit,
    show_deletion,
    submit_deletion,
]
