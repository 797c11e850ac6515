"""`products`, `customers`, `orders`, `subscriptions` and `checkouts`: what is sold, to whom, and how it went."""

from dataclasses import dataclass
from typing import Any, Literal

from cyclopts import App, Parameter
from msgspec import UNSET

from polar_client.command_line.calling import calling
from polar_client.command_line.output import Column, Item, Many, One, amount

products = App(name="products", help="What is sold.")
customers = App(name="customers", help="Who bought or may buy.")
orders = App(name="orders", help="What was bought.")
subscriptions = App(name="subscriptions", help="What renews.")
checkouts = App(name="checkouts", help="Links to pages where people pay.")

_ID = Column("id", lambda item: item["id"], whole=True)
_MADE = Column("created", lambda item: str(item["created_at"])[:10], whole=True)
_CUSTOMER = Column("customer", lambda item: item["customer"].get("email") or item["customer"].get("name"))
_ONE_PRODUCT = "/v1/products/{product_id}"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Options of every list."""

    page: int = 1
    """Which page, from 1."""
    limit: int = 20
    """How many on a page, at most 100."""
    organization_id: str | None = None
    """Only those of this organization."""


FIRST_PAGE = Listing()


@products.command(name="list")
def list_products(*, archived: bool | None = None, listing: Listing = FIRST_PAGE) -> Many:
    """List products, the newest first.

    Parameters
    ----------
    archived
        Only archived ones, or only the others.
    listing
        Which part.
    """
    columns = (_ID, Column("name", lambda item: item["name"]), Column("price", _prices), _MADE)
    empty = "There are no products yet. `polar products create NAME --price-amount 1000` makes one."
    return _listed("/v1/products", listing, columns, empty, sorting="-created_at", is_archived=archived)


@products.command
def get(product_id: str, /) -> One:
    """Show one product.

    Parameters
    ----------
    product_id
        The product's id.
    """
    with calling() as caller:
        return _product("", caller.get(_ONE_PRODUCT, product_id))


@products.command
def create(
    name: str,
    /,
    *,
    price_amount: int | None = None,
    currency: str = "usd",
    every: Literal["day", "week", "month", "year"] | None = None,
    description: str | None = None,
    organization_id: str | None = None,
) -> One:
    """Create a product.

    Parameters
    ----------
    name
        Its name.
    price_amount
        What it costs, in minor units: 1000 is 10.00. Left out, it is free.
    currency
        The currency of the price.
    every
        How often it renews. Left out, it is bought once.
    description
        What it is.
    organization_id
        Whose it is, when you are signed in for several organizations.
    """
    price = {"amount_type": "free"} if price_amount is None else {"amount_type": "fixed", "price_amount": price_amount}
    body = {
        "name": name,
        "prices": [{**price, "price_currency": currency}],
        "recurring_interval": every or UNSET,
        "description": description or UNSET,
        "organization_id": organization_id or UNSET,
    }
    with calling() as caller:
        return _product("Created: ", caller.send("POST", "/v1/products", body=body))


@products.command
def archive(product_id: str, /) -> One:
    """Archive a product: it is sold no more.

    Parameters
    ----------
    product_id
        The product's id.
    """
    with calling() as caller:
        return _product("Archived: ", caller.send("PATCH", _ONE_PRODUCT, product_id, body={"is_archived": True}))


@customers.command(name="list")
def list_customers(*, query: str | None = None, listing: Listing = FIRST_PAGE) -> Many:
    """List customers, the newest first.

    Parameters
    ----------
    query
        A part of the name or the address.
    listing
        Which part.
    """
    columns = (_ID, Column("email", lambda item: item["email"]), Column("name", lambda item: item["name"]), _MADE)
    return _listed("/v1/customers", listing, columns, "There are no customers.", sorting="-created_at", query=query)


@orders.command(name="list")
def list_orders(*, listing: Listing = FIRST_PAGE) -> Many:
    """List orders, the newest first."""
    columns = (
        _ID,
        _CUSTOMER,
        Column("total", lambda item: amount(item["total_amount"], item["currency"])),
        Column("status", lambda item: item["status"]),
    )
    return _listed("/v1/orders", listing, columns, "There are no orders.", sorting="-created_at")


@subscriptions.command(name="list")
def list_subscriptions(*, active: bool | None = None, listing: Listing = FIRST_PAGE) -> Many:
    """List subscriptions, the newest first.

    Parameters
    ----------
    active
        Only running ones, or only the others.
    listing
        Which part.
    """
    columns = (_ID, _CUSTOMER, Column("product", _product_name), Column("status", lambda item: item["status"]))
    empty = "There are no subscriptions."
    return _listed("/v1/subscriptions", listing, columns, empty, sorting="-started_at", active=active)


@checkouts.command(name="create")
def create_checkout(product_id: str, /, *, email: str | None = None) -> One:
    """Create a checkout and print its link. Whoever has the link can pay.

    Parameters
    ----------
    product_id
        The product to sell.
    email
        The customer's address, filled in.
    """
    body = {"products": [product_id], "customer_email": email or UNSET}
    with calling() as caller:
        made = caller.send("POST", "/v1/checkouts", body=body)
    total = amount(made["total_amount"], made["currency"])
    lines = [("link", made["url"]), ("total", total), ("until", made["expires_at"]), ("id", made["id"])]
    return One(f"A checkout of {made['product']['name']} is open.", made, lines)


def _listed(path: str, asked: Listing, columns: tuple[Column, ...], empty: str, **query: object) -> Many:
    about = {"page": asked.page, "limit": asked.limit, "organization_id": asked.organization_id}
    with calling() as caller:
        page = caller.get(path, **query, **about)
    return Many(page, columns, asked.page, empty)


def _product(begin: str, product: dict[str, Any]) -> One:
    lines = [("id", product["id"]), ("price", _prices(product)), ("archived", product["is_archived"])]
    if product["description"]:
        lines.append(("description", product["description"]))
    return One(f"{begin}{product['name']}", product, lines)


def _product_name(item: Item) -> str:
    return str(item["product"]["name"])


def _prices(product: Item) -> str:
    every = f" a {product['recurring_interval']}" if product["recurring_interval"] else ""
    return ", ".join(f"{_price(price)}{every}" for price in product["prices"]) or "-"


def _price(price: Item) -> str:
    if price["amount_type"] == "fixed":
        return amount(price["price_amount"], price["price_currency"])
    return str(price["amount_type"])
