"""`/dashboard/{slug}/products`: the list, a new one, and everything that can be done with one."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.products import forms
from polar_server.html import Page
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import ApiError
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.benefits.queries import BenefitFilter
from polar_server.resources.files.list_queries import FileFilter, list_files
from polar_server.resources.products import list_queries, operations
from polar_server.resources.products.answers import products_listed
from polar_server.resources.products.list_queries import ProductFilter
from polar_server.resources.products.schemas import Product, ProductBenefits, ProductCreate, ProductUpdate

_AREA = f"{PREFIX}/products"
_ONE = f"{_AREA}/{{product_id:str}}"
_MOST_BENEFITS = 100
_MOST_PICTURES = 60
"""Pictures to choose from, beside those that the product has."""


@get(_AREA)
async def show_products(place: GivenPlace) -> Page:
    """The products, newest first; archived ones among them when they are asked for."""
    asked = asked_of(place.request, list_queries.SORTING, "-created_at", state=("active", "archived", "all"))
    reach = place.caller.reach()
    wanted = ProductFilter(
        organization_ids=reach,
        ids=None,
        visibilities=None,
        is_archived={"archived": True, "all": None}.get(asked.chosen["state"], False),
        is_recurring=None,
        benefit_ids=None,
        query=asked.query or None,
        metadata=NOT_ASKED,
    )
    async with place.server.database.read() as tx:
        rows, total = await list_queries.list_products(tx, wanted, asked.order, PER_PAGE, asked.offset)
        products = await products_listed(tx, rows, reach, place.server.issuer)
    return place.render("products/list", listed=asked.of(products, total))


@get(f"{_AREA}/new")
async def show_new_product(place: GivenPlace) -> Page:
    """The form of a new product."""
    return await _form_page(place, {"kind": "fixed", "currency": "usd"})


@post(f"{_AREA}/new", status_code=303)
async def submit_new_product(place: GivenPlace) -> Page:
    """Create a product with its price and benefits."""
    form = await place.read_form()
    sent, errors = forms.sent_of(form)
    if errors:
        return await _form_page(place, form, 422, errors)
    try:
        new = read_sent({**sent, "recurring_interval": form.get("recurring_interval") or None}, ProductCreate)
        product = await operations.create_product(place.server, place.caller, new)
        await _give(place, product, form)
    except ApiError as refused:
        return await _form_page(place, form, refused.status, _errors(refused))
    return place.go("products", product.id, done="created")


@get(_ONE)
async def show_product(place: GivenPlace, product_id: FromPath[str]) -> Page:
    """A product, and the form that changes it."""
    product = await _find(place, product_id)
    return await _product_page(place, product, forms.form_of(product) | _given(product))


@post(_ONE, status_code=303)
async def submit_product(place: GivenPlace, product_id: FromPath[str]) -> Page:
    """Save what was changed. A price that stays as it is keeps its id; a new one archives the old."""
    form = await place.read_form()
    product = await _find(place, product_id)
    pictures = [file.id for file in product.medias]
    sent, errors = forms.sent_of(form, pictures)
    if errors:
        return await _product_page(place, product, form, 422, errors)
    if forms.price_stays(product, sent):
        del sent["prices"]
    if sent["medias"] == pictures:
        del sent["medias"]
    try:
        await operations.update_product(place.server, place.caller, product_id, read_sent(sent, ProductUpdate))
        await _give(place, product, form)
    except ApiError as refused:
        return await _product_page(place, product, form, refused.status, _errors(refused))
    return place.go("products", product_id, done="saved")


@post(f"{_ONE}/archive", status_code=303)
async def submit_archive(place: GivenPlace, product_id: FromPath[str]) -> Page:
    """Take a product off sale, or put it back."""
    form = await place.read_form()
    archives = form.get("archived") == "true"
    await operations.update_product(place.server, place.caller, product_id, ProductUpdate(is_archived=archives))
    return place.go("products", product_id, done="archived" if archives else "restored")


@post(f"{_ONE}/delete", status_code=303)
async def submit_deletion(place: GivenPlace, product_id: FromPath[str]) -> Page:
    """Delete a product that was never sold."""
    await place.read_form()
    try:
        await operations.delete_product(place.server, place.caller, product_id)
    except operations.ProductNotDeletable as refused:
        product = await _find(place, product_id)
        shown = forms.form_of(product) | _given(product)
        return await _product_page(place, product, shown, refused.status, _errors(refused))
    return place.go("products", done="deleted")


async def _find(place: Place, product_id: str) -> Product:
    async with place.server.database.read() as tx:
        return await operations.shown(tx, product_id, place.caller, place.server.issuer)


def _given(product: Product) -> dict[str, str]:
    names = [f"benefit-{each.id}" for each in product.benefits] + [f"picture-{each.id}" for each in product.medias]
    return dict.fromkeys(names, "true")


async def _give(place: Place, product: Product, form: Mapping[str, str]) -> None:
    """Give the product the benefits that are ticked; those that it has keep their order."""
    present = [benefit.id for benefit in product.benefits]
    wanted = forms.ticked(form, "benefit-", present)
    if wanted != present:
        await operations.update_benefits(place.server, place.caller, product.id, ProductBenefits(wanted))


def _errors(refused: ApiError) -> dict[str, str]:
    days = {"trial_interval": "trial_days", "trial_interval_count": "trial_days"}
    return errors_of(refused, forms.FIELDS, **days, prices="amount", medias="pictures")


async def _benefits(place: Place) -> list[Benefit]:
    wanted = BenefitFilter(place.caller.reach(), None, None, None, None, NOT_ASKED)
    async with place.server.database.read() as tx:
        rows, _ = await benefits.list_benefits(tx, wanted, "b.description ASC, b.id", _MOST_BENEFITS, 0)
    return [benefit_of(row) for row in rows]


async def _pictures(place: Place, present: Sequence[File]) -> list[File]:
    """What can be ticked: the product's own in their order, then the organization's newest."""
    wanted = FileFilter(place.caller.reach(), services='["product_media"]', is_uploaded=True)
    async with place.server.database.read() as tx:
        rows, _ = await list_files(tx, wanted, "f.created_at DESC, f.id", _MOST_PICTURES, 0)
    ids = {file.id for file in present}
    return [*present, *(file_of(row, place.server.issuer) for row in rows if row["id"] not in ids)]


async def _form_page(
    place: Place, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    values = await _form_values(place, form)
    return place.render("products/new", status, errors=dict(errors or {}), **values)


async def _product_page(
    place: Place, product: Product, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    values = await _form_values(place, form, product.medias)
    return place.render("products/product", status, product=product, errors=dict(errors or {}), **values)


async def _form_values(place: Place, form: Mapping[str, str], present: Sequence[File] = ()) -> dict[str, Any]:
    return {
        "form": form,
        "benefits": await _benefits(place),
        "pictures": await _pictures(place, present),
        "intervals": forms.INTERVALS,
        "kinds": forms.KINDS,
        "currencies": sorted(MINIMUM_AMOUNTS),
    }


routes = [
    show_products,
    show_new_product,
    submit_new_product,
    show_product,
    submit_product,
    submit_archive,
    submit_deletion,
]
