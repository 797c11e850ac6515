"""`/dashboard/{slug}/subscriptions`: the list, and one of them with its orders and what can become of it."""

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream

from polar_server.dashboard.lists import PER_PAGE, Asked, asked_of
from polar_server.dashboard.orders.forms import STATUSES as ORDER_STATUSES
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.sales import find_customers, list_subscriptions, listed
from polar_server.dashboard.subscriptions import forms, plan_pages
from polar_server.dashboard.subscriptions.finding import Found, find, find_card, find_orders
from polar_server.dashboard.subscriptions.words import CHOICES, REASONS, STATUSES
from polar_server.html import Page
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resources.subscriptions import operations, queries
from polar_server.resources.subscriptions.export import stream_subscriptions
from polar_server.resources.subscriptions.queries import ExportFilter
from polar_server.resources.subscriptions.schemas import SubscriptionUpdate

_AREA = f"{PREFIX}/subscriptions"
_ONE = f"{_AREA}/{{subscription_id:str}}"


@get(_AREA)
async def show_subscriptions(place: GivenPlace) -> Page:
    """The subscriptions, newest first, of customers whose name or address fits."""
    asked = asked_of(place.request, queries.SORTING, "-started_at", status=tuple(CHOICES))
    async with place.server.database.read() as tx:
        customer_ids = await find_customers(tx, place.caller.reach(), asked.query)
        found, total = await list_subscriptions(
            tx, place, asked.order, PER_PAGE, asked.offset, customer_ids=customer_ids, **_narrowed(asked)
        )
    return place.render("subscriptions/list", listed=asked.of(found, total), statuses=STATUSES, choices=CHOICES)


def _narrowed(asked: Asked) -> dict[str, str | bool]:
    match asked.chosen["status"]:
        case "":
            return {}
        case "ending" | "renewing" as status:
            return {"cancel_at_period_end": status == "ending", "statuses": listed(set(STATUSES) - {"canceled"})}
        case status:
            return {"statuses": listed([status])}


@get(f"{_AREA}/export")
async def download_subscriptions(place: GivenPlace) -> Stream:
    """All subscriptions as a file for a spreadsheet, in UTC."""
    wanted = ExportFilter(
        organization_ids=place.caller.reach(),
        product_ids=None,
        statuses=None,
        cancel_at_period_end=None,
        started_after=None,
        started_before=None,
    )
    return stream_subscriptions(place.server.database, wanted)


@get(_ONE)
async def show_subscription(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """A subscription: what is paid for it and when, and what can become of it."""
    return await _page(place, subscription_id)


@post(f"{_ONE}/period", status_code=303)
async def submit_period(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """Let the present period, or the trial, end on another day."""
    form = await place.read_form()
    sent, errors = forms.move_of(form)
    return await _change(place, subscription_id, sent, "period", form, errors)


@post(f"{_ONE}/pause", status_code=303)
async def submit_pause(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """Let a subscription rest from the end of its period on."""
    form = await place.read_form()
    sent, errors = forms.pause_of(form)
    return await _change(place, subscription_id, sent, "pause", form, errors)


@post(f"{_ONE}/cancel", status_code=303)
async def submit_cancellation(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """Let a subscription end with its period."""
    form = await place.read_form()
    try:
        sent = forms.cancellation_of(form)
    except ApiError as refused:
        return await _page(place, subscription_id, form, refused.status, forms.errors_in(refused))
    return await _change(place, subscription_id, sent, "cancel", form)


@post(f"{_ONE}/acts/{{act:str}}", status_code=303)
async def submit_act(place: GivenPlace, subscription_id: FromPath[str], act: FromPath[str]) -> Page:
    """Make one of the changes that are a button each."""
    await place.read_form()
    if act not in forms.ACTS:
        raise ResourceNotFound
    return await _change(place, subscription_id, forms.ACTS[act], act, {})


@get(f"{_ONE}/end")
async def show_end(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """What is lost when a subscription ends at once."""
    found = await _find(place, subscription_id)
    return _end_page(place, found, 200, {})


@post(f"{_ONE}/end", status_code=303)
async def submit_end(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """End a subscription and what it gives."""
    form = await place.read_form()
    found = await _find(place, subscription_id)
    if form.get("word", "").strip().lower() != "end":
        return _end_page(place, found, 422, {"word": "Type the word “end”."})
    try:
        await operations.update_subscription(
            place.server, place.caller, subscription_id, SubscriptionUpdate(revoke=True)
        )
    except ApiError as refused:
        return _end_page(place, found, refused.status, forms.errors_in(refused))
    return place.go("subscriptions", subscription_id, done="end")


async def _change(
    place: Place,
    subscription_id: str,
    sent: SubscriptionUpdate | None,
    done: str,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Page:
    """Make a change, and show the page again: with its word, or with why it was refused and what was typed."""
    if sent is None:
        return await _page(place, subscription_id, form, 422, errors)
    try:
        await operations.update_subscription(place.server, place.caller, subscription_id, sent)
    except ApiError as refused:
        return await _page(place, subscription_id, form, refused.status, forms.errors_in(refused))
    return place.go("subscriptions", subscription_id, done=done)


async def _find(place: Place, subscription_id: str) -> Found:
    async with place.server.database.read() as tx:
        return await find(tx, place, subscription_id)


def _end_page(place: Place, found: Found, status: int, errors: Mapping[str, str]) -> Page:
    return place.render("subscriptions/end", status, found=found, subscription=found.shown, errors=dict(errors))


async def _page(
    place: Place,
    subscription_id: str,
    form: Mapping[str, str] | None = None,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    async with place.server.database.read() as tx:
        found = await find(tx, place, subscription_id)
        card = await find_card(tx, found)
        orders, orders_total = await find_orders(tx, place, subscription_id)
    return place.render(
        "subscriptions/subscription",
        status,
        found=found,
        subscription=found.shown,
        card=card,
        orders=orders,
        orders_total=orders_total,
        form=form or {},
        statuses=STATUSES,
        order_statuses=ORDER_STATUSES,
        reasons=REASONS,
        errors=dict(errors or {}),
    )


routes = [
    show_subscriptions,
    download_subscriptions,
    show_subscription,
    submit_period,
    submit_pause,
    submit_cancellation,
    submit_act,
    show_end,
    submit_end,
    *plan_pages.routes,
]
