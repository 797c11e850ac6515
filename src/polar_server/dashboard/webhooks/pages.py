"""`/dashboard/{slug}/webhooks`: the endpoints of an organization, for its owners and admins."""

from collections.abc import Mapping
from contextlib import suppress

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.webhooks import forms
from polar_server.dashboard.webhooks.standings import STATES, standing_of
from polar_server.database import UniqueViolation
from polar_server.html import Page
from polar_server.html.form_keys import TOO_OLD
from polar_server.resource_server.errors import ApiError
from polar_server.resources.webhooks import log_queries, operations, queries
from polar_server.resources.webhooks.answers import endpoint_of
from polar_server.resources.webhooks.endpoints import GivenOutbound
from polar_server.resources.webhooks.log_queries import EventFilter
from polar_server.resources.webhooks.schemas import WebhookEndpoint, WebhookEndpointCreate, WebhookEndpointUpdate

AREA = f"{PREFIX}/webhooks"
_ONE = f"{AREA}/{{endpoint_id:str}}"
_LAST = 5
"""How many events the page of an endpoint shows."""


@get(AREA)
async def show_endpoints(place: GivenPlace) -> Page:
    """The endpoints, newest first, each with how it does."""
    place.require_manager()
    asked = asked_of(place.request, {}, "")
    async with place.server.database.read() as tx:
        rows, total = await queries.list_endpoints(tx, place.caller.reach(), PER_PAGE, asked.offset)
        found = await log_queries.list_standings(tx, place.organization_id)
    standings = {endpoint_id: standing_of(row) for endpoint_id, row in found.items()}
    endpoints = [endpoint_of(row, place.server.server_keys) for row in rows]
    return place.render("webhooks/list", listed=asked.of(endpoints, total), standings=standings)


@get(f"{AREA}/new")
async def show_new_endpoint(place: GivenPlace) -> Page:
    """The form of a new endpoint."""
    place.require_manager()
    return _form_page(place, None, {"format": "raw"})


@post(f"{AREA}/new", status_code=303)
async def submit_new_endpoint(place: GivenPlace, outbound: GivenOutbound) -> Page:
    """Create an endpoint. Its URL is checked as it will be at each delivery."""
    form = await place.read_form()
    place.require_manager()
    if (chosen := forms.after_choice(form)) is not None:
        return _form_page(place, None, chosen)
    sent, errors = forms.sent_of(form)
    if errors:
        return _form_page(place, None, form, 422, errors)
    if (key := place.read_form_key(form)) is None:
        return _form_page(place, None, form, 422, {"form": TOO_OLD})
    endpoint_id = key.new_id()
    try:
        new = read_sent(sent, WebhookEndpointCreate)
        # A violation: the form was sent twice, and created this very endpoint before.
        with suppress(UniqueViolation):
            await operations.create_endpoint(place.server, outbound, place.caller, new, endpoint_id)
    except ApiError as refused:
        return _form_page(place, None, form, refused.status, errors_of(refused, forms.FIELDS))
    return place.go("webhooks", endpoint_id, done="created")


@get(_ONE)
async def show_endpoint(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """An endpoint: how it does, its secret, and what was sent to it last."""
    endpoint = await _find(place, endpoint_id)
    wanted = EventFilter(place.organization_id, endpoint.id)
    async with place.server.database.read() as tx:
        found = await log_queries.list_standings(tx, place.organization_id, endpoint.id)
        last, total = await log_queries.list_events(tx, wanted, _LAST, 0)
    standing = standing_of(found[endpoint.id])
    return place.render(
        "webhooks/endpoint",
        endpoint=endpoint,
        standing=standing,
        last=last,
        total=total,
        states=STATES,
        formats=forms.FORMATS,
        testable=forms.testable(endpoint),
    )


@post(f"{_ONE}/test", status_code=303)
async def submit_test(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """Send an event that did not happen, and go to where one sees what comes of it."""
    form = await place.read_form()
    endpoint = await _find(place, endpoint_id)
    event_type = next((name for name in forms.testable(endpoint) if name == form.get("type")), None)
    if event_type is None or not endpoint.enabled:
        return place.go("webhooks", endpoint.id)
    message_id = await operations.send_test(place.server, place.caller, endpoint.id, event_type)
    return place.go("webhooks", "events", message_id)


@get(f"{_ONE}/edit")
async def show_edit(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """What is sent where, to be changed."""
    endpoint = await _find(place, endpoint_id)
    return _form_page(place, endpoint, forms.form_of(endpoint))


@post(f"{_ONE}/edit", status_code=303)
async def submit_edit(place: GivenPlace, endpoint_id: FromPath[str], outbound: GivenOutbound) -> Page:
    """Save what was changed."""
    form = await place.read_form()
    endpoint = await _find(place, endpoint_id)
    if (chosen := forms.after_choice(form)) is not None:
        return _form_page(place, endpoint, chosen)
    sent, errors = forms.sent_of(form, endpoint.events)
    if errors:
        return _form_page(place, endpoint, form, 422, errors)
    try:
        if changes := forms.changes_of(sent, endpoint):
            update = read_sent(changes, WebhookEndpointUpdate)
            await operations.update_endpoint(place.server, outbound, place.caller, endpoint.id, update)
    except ApiError as refused:
        return _form_page(place, endpoint, form, refused.status, errors_of(refused, forms.FIELDS))
    return place.go("webhooks", endpoint.id, done="saved")


@post(f"{_ONE}/enable", status_code=303)
async def submit_enabling(place: GivenPlace, endpoint_id: FromPath[str], outbound: GivenOutbound) -> Page:
    """Send nothing more, or send again from now on."""
    enabled = (await place.read_form()).get("enabled") == "true"
    place.require_manager()
    update = WebhookEndpointUpdate(enabled=enabled)
    await operations.update_endpoint(place.server, outbound, place.caller, endpoint_id, update)
    return place.go("webhooks", endpoint_id, done="enabled" if enabled else "disabled")


@post(f"{_ONE}/secret", status_code=303)
async def submit_secret(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """Make a new secret; the old one signs nothing any more."""
    await place.read_form()
    place.require_manager()
    await operations.reset_secret(place.server, place.caller, endpoint_id)
    return place.go("webhooks", endpoint_id, done="secret")


@get(f"{_ONE}/delete")
async def show_deletion(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """What is lost with an endpoint."""
    return place.render("webhooks/delete", endpoint=await _find(place, endpoint_id))


@post(f"{_ONE}/delete", status_code=303)
async def submit_deletion(place: GivenPlace, endpoint_id: FromPath[str]) -> Page:
    """Delete an endpoint with everything that waits for it."""
    await place.read_form()
    place.require_manager()
    await operations.delete_endpoint(place.server, place.caller, endpoint_id)
    return place.go("webhooks", done="deleted")


async def _find(place: Place, endpoint_id: str) -> WebhookEndpoint:
    place.require_manager()
    async with place.server.database.read() as tx:
        return endpoint_of(await operations.found(tx, endpoint_id, place.caller), place.server.server_keys)


def _form_page(
    place: Place,
    endpoint: WebhookEndpoint | None,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    return place.render(
        "webhooks/form",
        status,
        endpoint=endpoint,
        form=form,
        form_key=place.form_key(),
        errors=dict(errors or {}),
        formats=forms.FORMATS,
        groups=forms.GROUPS,
    )


routes = [
    show_endpoints,
    show_new_endpoint,
    submit_new_endpoint,
    show_endpoint,
    show_edit,
    submit_edit,
    submit_test,
    submit_enabling,
    submit_secret,
    show_deletion,
    submit_deletion,
]
