"""Invoices and receipts: pages for people, at addresses that are signed and end after an hour."""

from collections.abc import Mapping
from typing import Literal

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row
from polar_server.resource_server.errors import ApiError
from polar_server.resources.orders.answers import PAID, has_invoice
from polar_server.storage.objects import URL_LIFETIME
from polar_server.storage.signed_urls import Permission, Signer

Kind = Literal["invoice", "receipt"]


class OrderNotEligibleForInvoice(ApiError):
    """A draft has no number yet, and what is void was never owed."""

    status = 409


class MissingInvoiceBillingDetails(ApiError):
    """An invoice says who is billed, with name and address."""

    status = 422


def check_invoice(order: Row) -> None:
    """Raises OrderNotEligibleForInvoice, MissingInvoiceBillingDetails."""
    if order["status"] in ("draft", "void"):
        raise OrderNotEligibleForInvoice(f"The order is {order['status']}, so there is no invoice.")
    if not has_invoice(order):
        raise MissingInvoiceBillingDetails("Set the order's billing_name and billing_address first.")


def address_of_document(server: AuthorizationServer, kind: Kind, order: Row, now: int) -> str:
    """Where the document can be read for an hour by whoever has the address."""
    place = (order["organization_id"], order["id"])
    permission = Permission("GET", _key(kind, place), now + URL_LIFETIME)
    return f"{server.issuer}/orders/{'/'.join(place)}/{kind}?{Signer(server.server_keys).query(permission)}"


def may_read(
    server: AuthorizationServer, kind: Kind, place: tuple[str, str], query: Mapping[str, str], now: int
) -> bool:
    """Whether the query is of an address that was given for this document, and is not over.

    `place` is the id of the organization and that of the order.
    """
    return Signer(server.server_keys).read("GET", _key(kind, place), query, now) is not None


def is_there(order: Row, kind: Kind) -> bool:
    """Whether the document can be shown."""
    if kind == "receipt":
        return order["status"] in PAID
    return order["status"] not in ("draft", "void") and has_invoice(order)


def _key(kind: Kind, place: tuple[str, str]) -> str:
    # No file has such a key: theirs are ids alone.
    return " ".join((kind, *place))
