"""`/dashboard/apps/{client_id}/code` and `/events`: what a developer copies, and where they look when it fails."""

from litestar import get
from litestar.params import FromPath

from polar_server.authorization_server.client_events import list_events
from polar_server.dashboard.apps import events
from polar_server.dashboard.apps.developers import ONE, GivenDeveloper
from polar_server.dashboard.apps.snippets import snippets_of
from polar_server.dashboard.lists import asked_of
from polar_server.html import Page


@get(f"{ONE}/code")
async def show_code(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Code in three languages, ready to be used."""
    client = await developer.find_app(client_id)
    return developer.render("code", client=client, snippets=snippets_of(developer, client))


@get(f"{ONE}/events")
async def show_events(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """The last hundred events, newest first."""
    client = await developer.find_app(client_id)
    asked = asked_of(developer.request, {}, "", kind=events.KINDS)
    found = events.in_order(await list_events(developer.server.database, client.client_id))
    wanted = [event for event in found if asked.chosen["kind"] in ("", events.kind_of(event))]
    return developer.render(
        "events",
        client=client,
        asked=asked,
        events=wanted,
        kind_of=events.kind_of,
        sentence_of=events.sentence_of,
        address_of=events.address_of,
        badges=events.BADGES,
    )


routes = [show_code, show_events]
