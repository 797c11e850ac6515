"""`/dashboard/{slug}/checkouts`: the list, one of them, and a new one, whose link goes to a customer."""

import json
from collections.abc import Iterable, Mapping, Sequence

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.checkouts import forms
from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.database import Transaction
from polar_server.html import Page
from polar_server.resource_server.errors import ApiError
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.checkouts import operations, queries
from polar_server.resources.checkouts.answers import CHECKOUT_ID, checkouts_of
from polar_server.resources.checkouts.queries import CheckoutFilter
from polar_server.resources.checkouts.schemas import CheckoutCreate
from polar_server.resources.products import list_queries as products
from polar_server.resources.products.answers import products_listed
from polar_server.resources.products.list_queries import ProductFilter
from polar_server.resources.products.schemas import Product

_AREA = f"{PREFIX}/checkouts"
_ONE = f"{_AREA}/{{checkout_id:str}}"
_MOST_PRODUCTS = 50
"""So many the API takes, and so many the page offers."""
_NO_ADDRESS = "Enter an address that begins with https://, without spaces."


@get(_AREA)
async def show_checkouts(place: GivenPlace) -> Page:
    """The checkouts, newest first, of customers whose email address fits."""
    asked = asked_of(place.request, queries.SORTING, "-created_at", status=tuple(forms.STATUSES))
    reach, status = place.caller.reach(), asked.chosen["status"]
    wanted = CheckoutFilter(
        organization_ids=reach,
        product_ids=None,
        customer_ids=None,
        external_customer_ids=None,
        statuses=json.dumps([status]) if status else None,
        query=asked.query or None,
    )
    async with place.server.database.read() as tx:
        rows, total = await queries.list_checkouts(tx, wanted, asked.order, PER_PAGE, asked.offset)
        checkouts = await checkouts_of(tx, rows, reach, place.server, place.now)
    return place.render("checkouts/list", listed=asked.of(checkouts, total), statuses=forms.STATUSES)


@get(f"{_AREA}/new")
async def show_new_checkout(place: GivenPlace) -> Page:
    """The form of a new one; `?product=` ticks a product."""
    product_id = place.request.query_params.get("product")
    return await _form_page(place, {f"{forms.PREFIX}{product_id}": "true"} if product_id else {})


@post(f"{_AREA}/new", status_code=303)
async def submit_new_checkout(place: GivenPlace) -> Page:
    """Make a checkout, and show its link."""
    form = await place.read_form()
    async with place.server.database.read() as tx:
        found = await _list_products(tx, place, forms.ticked_in(form))
    sent, errors = forms.sent_of(form, {product.id: product for product in found})
    if errors:
        return await _form_page(place, form, 422, errors)
    try:
        new = read_sent(sent, CheckoutCreate)
        checkout = await operations.create_checkout(place.server, place.caller, new)
    except ApiError as refused:
        return await _form_page(place, form, refused.status, _errors(refused))
    return place.go("checkouts", checkout.id, done="created")


@get(_ONE)
async def show_checkout(place: GivenPlace, checkout_id: FromPath[str]) -> Page:
    """A checkout: its link while it is open, for whom it is, and what became of it."""
    reach = place.caller.reach()
    async with place.server.database.read() as tx:
        row = operations.present(await queries.find_checkout(tx, checkout_id, reach))
        [checkout] = await checkouts_of(tx, [row], reach, place.server, place.now)
    return place.render(
        "checkouts/checkout",
        checkout=checkout,
        order_id=row["order_id"],
        succeeded_at=row["succeeded_at"],
        own_success_url=row["success_url"],
        statuses=forms.STATUSES,
        errors={},
    )


def _errors(refused: ApiError) -> dict[str, str]:
    errors = errors_of(refused, ("products", "amount", "success_url"), customer_email="email")
    return errors | ({"success_url": _NO_ADDRESS} if "success_url" in errors else {})


async def _form_page(
    place: Place, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    async with place.server.database.read() as tx:
        chosen = await _list_products(tx, place, forms.ticked_in(form))
        offered, total = await _offered(tx, place, chosen)
    return place.render(
        "checkouts/new",
        status,
        form=form,
        products=offered,
        total=total,
        decides=any(forms.price_to_decide(product) for product in offered) or "amount" in form,
        checkout_id=CHECKOUT_ID,
        errors=dict(errors or {}),
    )


async def _offered(tx: Transaction, place: Place, chosen: Sequence[Product]) -> tuple[list[Product], int]:
    """What can be ticked, the chosen ones first, and how many products are for sale."""
    rows, total = await products.list_products(tx, _wanted(place, None), "p.name ASC, p.id", _MOST_PRODUCTS, 0)
    for_sale = await products_listed(tx, rows, place.caller.reach(), place.server.issuer)
    known = {product.id for product in chosen}
    return [*chosen, *(product for product in for_sale if product.id not in known)][:_MOST_PRODUCTS], total


async def _list_products(tx: Transaction, place: Place, ids: Iterable[str]) -> list[Product]:
    """Those of these products that are for sale, in this order."""
    order = {product_id: position for position, product_id in enumerate(ids)}
    if not order:
        return []
    rows, _ = await products.list_products(tx, _wanted(place, json.dumps(list(order))), "p.id", _MOST_PRODUCTS, 0)
    found = await products_listed(tx, rows, place.caller.reach(), place.server.issuer)
    return sorted(found, key=lambda product: order[product.id])


def _wanted(place: Place, ids: str | None) -> ProductFilter:
    return ProductFilter(
        organization_ids=place.caller.reach(),
        ids=ids,
        visibilities=None,
        is_archived=False,
        is_recurring=None,
        benefit_ids=None,
        query=None,
        metadata=NOT_ASKED,
    )


routes = [show_checkouts, show_new_checkout, submit_new_checkout, show_checkout]
