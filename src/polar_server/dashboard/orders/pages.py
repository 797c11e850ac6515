"""`/dashboard/{slug}/orders`: the list, and one order with its refunds and documents."""

import json
from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream

from polar_server.dashboard import addresses
from polar_server.dashboard.forms import errors_of
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.orders import forms
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.sales import find_customers, list_orders, listed
from polar_server.html import Page, redirect
from polar_server.resource_server.countries import NAMES
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resources.orders import export, list_queries, operations
from polar_server.resources.orders.answers import has_invoice, orders_of
from polar_server.resources.orders.documents import Kind, address_of_document, is_there
from polar_server.resources.orders.finding import found, shown
from polar_server.resources.orders.list_queries import ExportFilter
from polar_server.resources.orders.schemas import Order
from polar_server.resources.refunds import operations as refunds
from polar_server.resources.refunds.answers import refund_of
from polar_server.resources.refunds.queries import RefundFilter, list_refunds

_AREA = f"{PREFIX}/orders"
_ONE = f"{_AREA}/{{order_id:str}}"
_MOST_REFUNDS = 100


@get(_AREA)
async def show_orders(place: GivenPlace) -> Page:
    """The orders, newest first, of customers whose name or address fits."""
    asked = asked_of(place.request, list_queries.SORTING, "-created_at", status=tuple(forms.STATUSES))
    statuses = listed([asked.chosen["status"]]) if asked.chosen["status"] else None
    async with place.server.database.read() as tx:
        customer_ids = await find_customers(tx, place.caller.reach(), asked.query)
        orders, total = await list_orders(
            tx, place, asked.order, PER_PAGE, asked.offset, statuses=statuses, customer_ids=customer_ids
        )
    return place.render("orders/list", listed=asked.of(orders, total), statuses=forms.STATUSES)


@get(f"{_AREA}/export")
async def download_orders(place: GivenPlace) -> Stream:
    """All orders as a file for a spreadsheet, in UTC."""
    wanted = ExportFilter(product_ids=None, statuses=None, created_after=None, created_before=None)
    return export.stream_orders(place.server.database, [place.organization_id], wanted)


@get(_ONE)
async def show_order(place: GivenPlace, order_id: FromPath[str]) -> Page:
    """An order: what was bought, by whom, and what was given back."""
    return await _order_page(place, order_id, {})


@post(f"{_ONE}/refunds", status_code=303)
async def submit_refund(place: GivenPlace, order_id: FromPath[str]) -> Page:
    """Give money back."""
    form = await place.read_form()
    order = await _find(place, order_id)
    sent, errors = forms.refund_of(form, order)
    if sent is None:
        return await _order_page(place, order_id, form, 422, errors)
    try:
        await refunds.create_refund(place.server, place.caller, sent)
    except ApiError as refused:
        return await _order_page(place, order_id, form, refused.status, errors_of(refused, ("reason",)))
    return place.go("orders", order_id, done="refunded")


@get(f"{_ONE}/billing")
async def show_billing(place: GivenPlace, order_id: FromPath[str]) -> Page:
    """Who is billed, in a form."""
    order = await _find(place, order_id)
    known = order.billing_address or order.customer.billing_address
    form = {"billing_name": order.billing_name or "", **addresses.fields_of(known)}
    return _billing_page(place, order, form)


@post(f"{_ONE}/billing", status_code=303)
async def submit_billing(place: GivenPlace, order_id: FromPath[str]) -> Page:
    """Change what the invoice says of who is billed."""
    form = await place.read_form()
    order = await _find(place, order_id)
    sent, errors = forms.billing_of(form, order)
    if sent is None:
        return _billing_page(place, order, form, 422, errors)
    try:
        await operations.update_order(place.server, place.caller, order_id, sent)
    except ApiError as refused:
        return _billing_page(place, order, form, refused.status, forms.billing_errors(refused))
    return place.go("orders", order_id, done="billed")


@get(f"{_ONE}/documents/{{kind:str}}")
async def open_document(place: GivenPlace, order_id: FromPath[str], kind: FromPath[str]) -> Page:
    """To the invoice or receipt, at an address that works for an hour."""
    async with place.server.database.read() as tx:
        order = await found(tx, order_id, place.caller)
    document: Kind = "receipt" if kind == "receipt" else "invoice"
    if kind not in ("invoice", "receipt") or not is_there(order, document):
        raise ResourceNotFound
    return redirect(address_of_document(place.server, document, order, place.now))


async def _find(place: Place, order_id: str) -> Order:
    async with place.server.database.read() as tx:
        return await shown(tx, order_id, place.caller)


def _billing_page(
    place: Place,
    order: Order,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    kept = addresses.fields_of(order.billing_address)
    stays: dict[str, str] = {name: kept[name] for name in ("state", "country") if name in kept}
    return place.render(
        "orders/billing", status, order=order, form={**form, **stays}, countries=NAMES, errors=dict(errors or {})
    )


async def _order_page(
    place: Place,
    order_id: str,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    reach = place.caller.reach()
    of_order = RefundFilter(reach, None, json.dumps([order_id]), None, None, None, None)
    async with place.server.database.read() as tx:
        row = await found(tx, order_id, place.caller)
        [order] = await orders_of(tx, [row], reach)
        given_back, _ = await list_refunds(tx, of_order, "f.created_at DESC, f.id", _MOST_REFUNDS, 0)
    return place.render(
        "orders/order",
        status,
        order=order,
        refunds=[refund_of(each) for each in given_back],
        has_invoice=has_invoice(row),
        address=addresses.lines_of(order.billing_address),
        form=form,
        statuses=forms.STATUSES,
        reasons=forms.REASONS,
        errors=dict(errors or {}),
    )


routes = [
    show_orders,
    download_orders,
    show_order,
    submit_refund,
    show_billing,
    submit_billing,
    open_document,
]
