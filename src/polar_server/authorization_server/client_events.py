"""The last hundred events of an app, as its developers see them: what was asked, allowed, exchanged and refused."""

from operator import attrgetter

from polar_server.accounts.visits import Visit
from polar_server.audit import client_event_queries
from polar_server.audit.client_events import KEPT, ClientEvent
from polar_server.authorization_server import client_event_queries as successes
from polar_server.authorization_server.client_authentication import credentials_of, form_of, storable
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import actor_of
from polar_server.database import Database
from polar_server.oauth.errors import OAuthError
from polar_server.plain import Request


def note_visit(server: AuthorizationServer, client_id: str, event: str, visit: Visit, detail: str = "") -> None:
    """Have what happened in a browser written soon."""
    server.client_events.note(ClientEvent(client_id, event, detail, visit.address, visit.now))


def note_refusal(server: AuthorizationServer, request: Request, error: OAuthError) -> None:
    """Have the refusal of a protocol endpoint written soon, with the detail that its answer leaves out."""
    client_id = "" if server.client_events.is_full else _named(request)
    if not client_id:
        return
    event = f"{request.path.rpartition('/')[2]}.refused"
    detail, address = f"{error.code}: {error.detail}", actor_of(server, request, None).address
    server.client_events.note(ClientEvent(client_id, event, detail, address, int(server.clock())))


def _named(request: Request) -> str:
    """The client that a request names, read once more: only who is refused pays for it."""
    try:
        return storable(credentials_of(request, form_of(request)).client_id)
    except OAuthError:
        return ""


async def list_events(database: Database, client_id: str) -> list[ClientEvent]:
    """The newest events of a client, newest first; those of the last second may be missing."""
    async with database.read() as tx:
        noted = await client_event_queries.list_events(tx, client_id, KEPT)
        approvals = await successes.list_approvals(tx, client_id, KEPT)
        exchanges = await successes.list_exchanges(tx, client_id, KEPT)
        redeemed = await successes.list_redeemed(tx, [row["id"] for row in approvals])
    found = [ClientEvent(client_id, row["event"], row["detail"], row["address"], row["at"]) for row in noted]
    found += [ClientEvent(client_id, "authorize.approved", "", "", row["created_at"]) for row in approvals]
    found += [
        ClientEvent(client_id, "token.issued" if row["is_first"] else "token.refreshed", "", "", row["at"])
        for row in exchanges
    ]
    found += [ClientEvent(client_id, "token.issued", "", "", at) for at in redeemed]
    return sorted(found, key=attrgetter("at"), reverse=True)[:KEPT]
