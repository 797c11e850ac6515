"""`/dashboard/{slug}/customers`: the list, a new one, and one with everything that it has."""

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream

from polar_server.dashboard.addresses import lines_of
from polar_server.dashboard.customers import forms
from polar_server.dashboard.customers.holdings import holdings_of
from polar_server.dashboard.forms import read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.orders.forms import STATUSES as ORDER_STATUSES
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.subscriptions.words import STATUSES as SUBSCRIPTION_STATUSES
from polar_server.html import Page
from polar_server.resource_server.countries import NAMES
from polar_server.resource_server.errors import ApiError
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.benefit_grants import operations as license_keys
from polar_server.resources.benefit_grants.license_key_schemas import LicenseKeyUpdate
from polar_server.resources.customers import operations, queries
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.deleting import GivenOnDeletion
from polar_server.resources.customers.export import stream_customers
from polar_server.resources.customers.finding import also_deleted, by_id
from polar_server.resources.customers.queries import CustomerFilter
from polar_server.resources.customers.schemas import Customer, CustomerCreate, CustomerUpdate
from polar_server.resources.customers.state_queries import list_who_subscribe

_AREA = f"{PREFIX}/customers"
_ONE = f"{_AREA}/{{customer_id:str}}"


@get(_AREA)
async def show_customers(place: GivenPlace) -> Page:
    """The customers, newest first, by name, address or your own id; or those who subscribe alone."""
    asked = asked_of(place.request, queries.SORTING, "-created_at", state=("subscribed", "others"))
    wanted = CustomerFilter(
        organization_ids=place.caller.reach(),
        email=None,
        query=asked.query or None,
        active={"subscribed": True, "others": False}.get(asked.chosen["state"]),
        metadata=NOT_ASKED,
    )
    async with place.server.database.read() as tx:
        rows, total = await queries.list_customers(tx, wanted, asked.order, PER_PAGE, asked.offset)
        subscribed = await list_who_subscribe(tx, [row["id"] for row in rows], place.organization_id)
    customers = [customer_of(row) for row in rows]
    return place.render("customers/list", listed=asked.of(customers, total), subscribed=subscribed)


@get(f"{_AREA}/export")
async def download_customers(place: GivenPlace) -> Stream:
    """All customers as a file for a spreadsheet."""
    return stream_customers(place.server.database, place.caller.reach())


@get(f"{_AREA}/new")
async def show_new_customer(place: GivenPlace) -> Page:
    """The form of a new customer."""
    return _form_page(place, None, {"type": "individual"})


@post(f"{_AREA}/new", status_code=303)
async def submit_new_customer(place: GivenPlace) -> Page:
    """Create a customer, who need not have bought anything."""
    form = await place.read_form()
    sent, errors = forms.sent_of(form)
    if errors:
        return _form_page(place, None, form, 422, errors)
    try:
        new = read_sent(sent, CustomerCreate)
        customer = await operations.create_customer(place.server, place.caller, new)
    except ApiError as refused:
        return _form_page(place, None, form, refused.status, forms.errors_in(refused))
    return place.go("customers", customer.id, done="created")


@get(_ONE)
async def show_customer(place: GivenPlace, customer_id: FromPath[str]) -> Page:
    """A customer and what it has; of a deleted one, what it bought."""
    async with place.server.database.read() as tx:
        customer = customer_of(await also_deleted(customer_id)(tx, place.caller))
        holdings = await holdings_of(tx, place, customer_id)
    return place.render(
        "customers/customer",
        customer=customer,
        has=holdings,
        address=lines_of(customer.billing_address),
        types=forms.TYPES,
        order_statuses=ORDER_STATUSES,
        subscription_statuses=SUBSCRIPTION_STATUSES,
    )


@get(f"{_ONE}/edit")
async def show_customer_form(place: GivenPlace, customer_id: FromPath[str]) -> Page:
    """The form that changes a customer."""
    customer = await _find(place, customer_id)
    return _form_page(place, customer, forms.form_of(customer))


@post(f"{_ONE}/edit", status_code=303)
async def submit_customer(place: GivenPlace, customer_id: FromPath[str]) -> Page:
    """Save what was changed."""
    form = await place.read_form()
    customer = await _find(place, customer_id)
    sent, errors = forms.sent_of(form, customer)
    if errors:
        return _form_page(place, customer, form, 422, errors)
    try:
        changed = read_sent(sent, CustomerUpdate)
        await operations.update_customer(place.server, place.caller, by_id(customer_id), changed)
    except ApiError as refused:
        return _form_page(place, customer, form, refused.status, forms.errors_in(refused))
    return place.go("customers", customer_id, done="saved")


@post(f"{_ONE}/license-keys/{{license_key_id:str}}", status_code=303)
async def submit_license_key(place: GivenPlace, customer_id: FromPath[str], license_key_id: FromPath[str]) -> Page:
    """Let a license key stop working, or work again."""
    form = await place.read_form()
    disables = form.get("disabled") == "true"
    sent = LicenseKeyUpdate(status="disabled" if disables else "granted")
    await license_keys.update_license_key(place.server, place.caller, license_key_id, sent)
    return place.go("customers", customer_id, done="key_disabled" if disables else "key_enabled")


@get(f"{_ONE}/delete")
async def show_deletion(place: GivenPlace, customer_id: FromPath[str]) -> Page:
    """What ends with a customer, before it does."""
    async with place.server.database.read() as tx:
        customer = customer_of(await also_deleted(customer_id)(tx, place.caller))
        holdings = await holdings_of(tx, place, customer_id)
    return place.render("customers/delete", customer=customer, has=holdings)


@post(f"{_ONE}/delete", status_code=303)
async def submit_deletion(place: GivenPlace, customer_id: FromPath[str], on_deletion: GivenOnDeletion) -> Page:
    """Delete a customer, and if it is wanted whatever tells who it was."""
    form = await place.read_form()
    anonymizes = form.get("anonymize") == "true"
    find = also_deleted(customer_id) if anonymizes else by_id(customer_id)
    await operations.delete_customer(place.server, place.caller, find, on_deletion, anonymize=anonymizes)
    return place.go("customers", done="anonymized" if anonymizes else "deleted")


async def _find(place: Place, customer_id: str) -> Customer:
    async with place.server.database.read() as tx:
        return customer_of(await by_id(customer_id)(tx, place.caller))


def _form_page(
    place: Place,
    customer: Customer | None,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    template = "customers/new" if customer is None else "customers/edit"
    values = {"customer": customer, "form": form, "types": forms.TYPES, "countries": NAMES}
    return place.render(template, status, errors=dict(errors or {}), **values)


routes = [
    show_customers,
    download_customers,
    show_new_customer,
    submit_new_customer,
    show_customer,
    show_customer_form,
    submit_customer,
    submit_license_key,
    show_deletion,
    submit_deletion,
]
