"""`/dashboard/{slug}`: how it goes, or what to do first."""

from datetime import UTC

from litestar import get

from polar_server.dashboard.metrics.figures import compared
from polar_server.dashboard.metrics.spans import USUAL, Span, usual_span
from polar_server.dashboard.orders.forms import STATUSES
from polar_server.dashboard.overview import queries
from polar_server.dashboard.places import PREFIX, GivenPlace
from polar_server.html import Page
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.orders.answers import orders_of
from polar_server.resources.orders.list_queries import OrderFilter, list_orders

_FIGURES = ("revenue", "orders", "monthly_recurring_revenue", "active_subscriptions")
_LATEST = 5


@get(PREFIX)
async def show_overview(place: GivenPlace) -> Page:
    """The last thirty days beside the thirty before, and the latest orders; before the first sale, the first steps."""
    reach = place.caller.reach()
    async with place.server.database.read() as tx:
        rows, total = await list_orders(tx, _all_of(reach), "o.created_at DESC, o.id", _LATEST, 0)
        orders = await orders_of(tx, rows, reach)
        begun = None if total else await queries.find_beginnings(tx, place.organization_id)
    if begun is not None:
        return place.render("overview/first_steps", begun=begun)
    start, end = usual_span(USUAL, place.now, UTC)
    shown = await compared(place, Span(start, end, "day", UTC), _FIGURES)
    return place.render("overview/overview", shown=shown, orders=orders, statuses=STATUSES)


def _all_of(reach: str) -> OrderFilter:
    return OrderFilter(
        product_ids=None,
        statuses=None,
        created_after=None,
        created_before=None,
        organization_ids=reach,
        is_recurring=None,
        discount_ids=None,
        customer_ids=None,
        external_customer_ids=None,
        checkout_ids=None,
        subscription_ids=None,
        metadata=NOT_ASKED,
    )


routes = [show_overview]
