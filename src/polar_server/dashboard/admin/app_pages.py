"""`/admin/apps`: every app that is registered; shut out and let in again."""

import json

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.client_authentication import storable
from polar_server.dashboard.admin import queries
from polar_server.dashboard.admin.operation import AREA, GivenOperation, Operation
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.database import Row
from polar_server.html import Page
from polar_server.oauth import scopes

_AREA = f"{AREA}/apps"
_ONE = f"{_AREA}/{{client_id:str}}"

SENTENCES = {
    "disabled": "An operator of the server shut it out: nobody can sign in to it, and its tokens are refused.",
    "enabled": "An operator of the server let it in again: people can sign in to it, and its tokens are accepted.",
}
"""What the app's owner is told by mail."""


@get(_AREA)
async def show_apps(operation: GivenOperation) -> Page:
    """The apps, newest first, by name, id, or the address of their owner."""
    asked = asked_of(operation.request, queries.APPS_SORTING, "-created_at", state=("disabled", "anonymous"))
    wanted = {"query": asked.query or None, "state": asked.chosen["state"] or None}
    async with operation.database.read() as tx:
        listed = await queries.find(tx, queries.APPS, wanted, asked.order, PER_PAGE, asked.offset)
    return operation.render("apps", listed=asked.of(*listed))


@get(_ONE)
async def show_app(operation: GivenOperation, client_id: FromPath[str]) -> Page:
    """An app: whose it is, where it sends people, and what it may ask for."""
    app = await _find(operation, client_id)
    redirect_uris = json.loads(app["redirect_uris"])
    return operation.render("app", app=app, redirect_uris=redirect_uris, scopes=scopes.describe(app["scope"].split()))


@post(f"{_ONE}/disable", status_code=303)
async def submit_disabling(operation: GivenOperation, client_id: FromPath[str]) -> Page:
    """Shut an app out: it is as good as deleted, until it is let in again."""
    await operation.read_act("apps", client_id)
    app = await _find(operation, client_id)
    async with operation.database.write() as tx:
        client = await client_queries.find_client(tx, app["client_id"])
        changed = client is not None and await clients.disable_client(tx, client, operation.actor, operation.now)
    return _done(operation, app, "disabled", changed=changed)


@post(f"{_ONE}/enable", status_code=303)
async def submit_enabling(operation: GivenOperation, client_id: FromPath[str]) -> Page:
    """Let an app in again."""
    await operation.read_act("apps", client_id)
    app = await _find(operation, client_id)
    async with operation.database.write() as tx:
        changed = await clients.enable_client(tx, app["client_id"], operation.actor, operation.now)
    return _done(operation, app, "enabled", changed=changed)


def _done(operation: Operation, app: Row, done: str, *, changed: bool) -> Page:
    if changed:
        operation.tell(app["owner_email"], "app", name=app["owner_name"], app=app["name"], change=SENTENCES[done])
    return operation.go("apps", app["client_id"], done=done)


async def _find(operation: Operation, client_id: str) -> Row:
    async with operation.database.read() as tx:
        app = await queries.find_app(tx, storable(client_id))
    if app is None:
        raise NotFoundException
    return app


routes = [show_apps, show_app, submit_disabling, submit_enabling]
