"""`/dashboard/{slug}/subscriptions/{id}/product`: another product, and what it costs before it is chosen."""

from collections.abc import Mapping, Sequence
from typing import get_args

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.forms import read_sent
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.subscriptions.costs import Option, options_of, price_of
from polar_server.dashboard.subscriptions.finding import find
from polar_server.dashboard.subscriptions.forms import errors_in
from polar_server.database import Transaction
from polar_server.html import Page
from polar_server.resource_server.errors import ApiError
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.products import list_queries as products
from polar_server.resources.products.answers import products_listed
from polar_server.resources.products.list_queries import ProductFilter
from polar_server.resources.products.schemas import Product
from polar_server.resources.subscriptions import operations
from polar_server.resources.subscriptions.ending import subscription_settings
from polar_server.resources.subscriptions.schemas import ProrationBehavior, Subscription, SubscriptionUpdate

_PAGE = f"{PREFIX}/subscriptions/{{subscription_id:str}}/product"
_MOST_PRODUCTS = 100


@get(_PAGE)
async def show_products(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """The products to choose from; with `?product=` what this one costs now or later."""
    return await _page(place, subscription_id, place.request.query_params)


@post(_PAGE, status_code=303)
async def submit_product(place: GivenPlace, subscription_id: FromPath[str]) -> Page:
    """Change the product, now or with the next period. A card that fails changes nothing."""
    form = await place.read_form()
    behavior = form.get("behavior", "")
    if behavior not in get_args(ProrationBehavior):
        return await _page(place, subscription_id, form, 422, {"behavior": "Choose when the product changes."})
    try:
        sent = read_sent({"product_id": form.get("product", ""), "proration_behavior": behavior}, SubscriptionUpdate)
        await operations.update_subscription(place.server, place.caller, subscription_id, sent)
    except ApiError as refused:
        return await _page(place, subscription_id, form, refused.status, errors_in(refused))
    return place.go("subscriptions", subscription_id, done="waits" if behavior == "next_period" else "changed")


async def _page(
    place: Place,
    subscription_id: str,
    chosen: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    async with place.server.database.read() as tx:
        found = await find(tx, place, subscription_id)
        offers = await _offers(tx, place, found.shown)
        usual = (await subscription_settings(tx, place.organization_id)).proration_behavior
    product = next((each for each in offers if each.id == chosen.get("product")), None)
    options = [] if product is None else options_of(found.row, product, found.waiting, place.now)
    return place.render(
        "subscriptions/product",
        status,
        subscription=found.shown,
        offers=offers,
        product=product,
        prices={offer.id: price_of(offer, found.shown.currency) for offer in offers},
        options=options,
        chosen=_marked(options, chosen.get("behavior") or usual),
        errors=dict(errors or {}),
    )


def _marked(options: Sequence[Option], behavior: str) -> str:
    """The option that is wanted or usual; the first where it is none of them."""
    known = [option.behavior for option in options]
    return behavior if behavior in known else next(iter(known), "")


async def _offers(tx: Transaction, place: Place, subscription: Subscription) -> list[Product]:
    """What else the subscription can be for: paid again and again, at a fixed price in its currency."""
    wanted = ProductFilter(
        organization_ids=place.caller.reach(),
        ids=None,
        visibilities=None,
        is_archived=False,
        is_recurring=True,
        benefit_ids=None,
        query=None,
        metadata=NOT_ASKED,
    )
    rows, _ = await products.list_products(tx, wanted, "p.name ASC, p.id", _MOST_PRODUCTS, 0)
    found = await products_listed(tx, rows, place.caller.reach(), place.server.issuer)
    priced = [each for each in found if price_of(each, subscription.currency) is not None]
    return [each for each in priced if each.id != subscription.product_id]


routes = [show_products, submit_product]
