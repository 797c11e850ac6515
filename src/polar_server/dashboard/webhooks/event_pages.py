"""`/dashboard/{slug}/webhooks/events`: what was sent to endpoints, and what came of it."""

import json
from urllib.parse import parse_qsl

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from polar_server.authorization_server.client_authentication import storable
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import GivenPlace, Place
from polar_server.dashboard.webhooks.forms import TYPES
from polar_server.dashboard.webhooks.pages import AREA
from polar_server.dashboard.webhooks.standings import STATES, is_moving, standing_of
from polar_server.html import Page
from polar_server.resource_server.errors import ApiError
from polar_server.resources.webhooks import log_queries, operations, queries
from polar_server.resources.webhooks.formats import body_of
from polar_server.resources.webhooks.log_queries import EventFilter
from polar_server.resources.webhooks.schedule import ATTEMPTS

_AREA = f"{AREA}/events"
_ONE = f"{_AREA}/{{event_id:str}}"
_MOST_ENDPOINTS, _MOST_ATTEMPTS = 100, 100


@get(_AREA)
async def show_events(place: GivenPlace) -> Page:
    """The events, newest first, by type, state, endpoint, and a part of what is in them."""
    place.require_manager()
    async with place.server.database.read() as tx:
        endpoints, _ = await queries.list_endpoints(tx, place.caller.reach(), _MOST_ENDPOINTS, 0)
        ids = tuple(row["id"] for row in endpoints)
        asked = asked_of(place.request, {}, "", type=TYPES, state=tuple(STATES), endpoint=ids)
        chosen = asked.chosen
        wanted = EventFilter(
            place.organization_id,
            endpoint_id=chosen["endpoint"] or None,
            type=chosen["type"] or None,
            status=chosen["state"] or None,
            query=asked.query or None,
        )
        listed = asked.of(*await log_queries.list_events(tx, wanted, PER_PAGE, asked.offset))
    return place.render(
        "webhooks/events",
        listed=listed,
        endpoints=endpoints,
        states=STATES,
        types=TYPES,
        follows=is_moving(listed.items, place.now),
    )


@get(_ONE)
async def show_event(place: GivenPlace, event_id: FromPath[str]) -> Page:
    """An event: what was sent, and what came of each attempt."""
    return await _event_page(place, event_id)


@post(f"{_ONE}/again", status_code=303)
async def submit_again(place: GivenPlace, event_id: FromPath[str]) -> Page:
    """Put an event at the end of its endpoint's queue once more. `log` is the log's address when it was there."""
    form = await place.read_form()
    place.require_manager()
    try:
        await operations.redeliver(place.server, place.caller, event_id)
    except operations.WebhookEndpointDisabled as refused:
        return await _event_page(place, event_id, refused)
    if (log := form.get("log")) is not None:
        return place.go("webhooks", "events", done="again", asked=parse_qsl(log.partition("?")[2]))
    return place.go("webhooks", "events", event_id, done="again")


async def _event_page(place: Place, event_id: str, refused: ApiError | None = None) -> Page:
    place.require_manager()
    async with place.server.database.read() as tx:
        event = await log_queries.find_event(tx, storable(event_id), place.organization_id)
        if event is None:
            raise NotFoundException
        attempts = await log_queries.list_attempts(tx, event["id"], place.organization_id, _MOST_ATTEMPTS)
        standings = await log_queries.list_standings(tx, place.organization_id, event["endpoint_id"])
    body = body_of(event)
    return place.render(
        "webhooks/event",
        refused.status if refused else 200,
        event=event,
        attempts=attempts,
        body=None if body is None else json.dumps(json.loads(body), indent=2, ensure_ascii=False),
        standing=standing_of(standings[event["endpoint_id"]]),
        states=STATES,
        follows=is_moving([event], place.now),
        most=ATTEMPTS,
        now=place.now,
        errors={"form": refused.detail} if refused else {},
    )


routes = [show_events, show_event, submit_again]
