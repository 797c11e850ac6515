"""`/dashboard/{slug}/orders`: the list, and one order with its refunds and documents."""

import json
from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream

from polar_server.dashboard.forms import errors_of
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.orders import forms
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.database import Transaction
from polar_server.html import Page, redirect
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.customers.queries import CustomerFilter, list_customers
from polar_server.resources.orders import export, list_queries
from polar_server.resources.orders.answers import has_invoice, orders_of
from polar_server.resources.orders.documents import Kind, address_of_document, is_there
from polar_server.resources.orders.finding import found, shown
from polar_server.resources.orders.list_queries import ExportFilter, OrderFilter
from polar_server.resources.refunds import operations as refunds
from polar_server.resources.refunds.answers import refund_of
from polar_server.resources.refunds.queries import RefundFilter, list_refunds

_AREA = f"{PREFIX}/orders"
_ONE = f"{_AREA}/{{order_id:str}}"
_MOST_REFUNDS, _MOST_CUSTOMERS = 100, 100


@get(_AREA)
async def show_orders(place: GivenPlace) -> Page:
    """The orders, newest first, of customers whose name or address fits."""
    asked = asked_of(place.request, list_queries.SORTING, "-created_at", status=tuple(forms.STATUSES))
    reach = place.caller.reach()
    async with place.server.database.read() as tx:
        wanted = OrderFilter(
            product_ids=None,
            statuses=json.dumps([asked.chosen["status"]]) if asked.chosen["status"] else None,
            created_after=None,
            created_before=None,
            organization_ids=reach,
            is_recurring=None,
            discount_ids=None,
            customer_ids=await _customers(tx, reach, asked.query),
            external_customer_ids=None,
            checkout_ids=None,
            subscription_ids=None,
            metadata=NOT_ASKED,
        )
        rows, total = await list_queries.list_orders(tx, wanted, asked.order, PER_PAGE, asked.offset)
        orders = await orders_of(tx, rows, reach)
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
    async with place.server.database.read() as tx:
        order = await shown(tx, order_id, place.caller)
    sent, errors = forms.refund_of(form, order)
    if sent is None:
        return await _order_page(place, order_id, form, 422, errors)
    try:
        await refunds.create_refund(place.server, place.caller, sent)
    except ApiError as refused:
        return await _order_page(place, order_id, form, refused.status, errors_of(refused, ("reason",)))
    return place.go("orders", order_id, done="refunded")


@get(f"{_ONE}/documents/{{kind:str}}")
async def open_document(place: GivenPlace, order_id: FromPath[str], kind: FromPath[str]) -> Page:
    """To the invoice or receipt, at an address that works for an hour."""
    async with place.server.database.read() as tx:
        order = await found(tx, order_id, place.caller)
    document: Kind = "receipt" if kind == "receipt" else "invoice"
    if kind not in ("invoice", "receipt") or not is_there(order, document):
        raise ResourceNotFound
    return redirect(address_of_document(place.server, document, order, place.now))


async def _customers(tx: Transaction, reach: str, query: str) -> str | None:
    """The customers who are looked for, as a JSON list of ids; None where nobody is."""
    if not query:
        return None
    wanted = CustomerFilter(organization_ids=reach, email=None, query=query, active=None, metadata=NOT_ASKED)
    rows, _ = await list_customers(tx, wanted, "c.created_at DESC, c.id", _MOST_CUSTOMERS, 0)
    return json.dumps([row["id"] for row in rows])


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
        form=form,
        statuses=forms.STATUSES,
        reasons=forms.REASONS,
        errors=dict(errors or {}),
    )


routes = [show_orders, download_orders, show_order, submit_refund, open_document]
