"""What stands on an invoice or a receipt, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from polar_server.database import Row, Transaction
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.countries import NAMES
from polar_server.resource_server.money import money
from polar_server.resources.customers.payment_method_queries import find_payment_method
from polar_server.resources.customers.queries import find_customer_also_deleted
from polar_server.resources.orders import queries
from polar_server.resources.orders.answers import address_of
from polar_server.resources.orders.documents import Kind, is_there
from polar_server.resources.organizations.queries import find_organization

_STATES = {
    "pending": "Not paid yet",
    "paid": "Paid",
    "partially_refunded": "Partly refunded",
    "refunded": "Refunded",
}
_BRANDS = {"visa": "Visa", "mastercard": "Mastercard"}


@dataclass(frozen=True, slots=True)
class Seller:
    """The organization."""

    name: str
    picture: str | None
    is_test: bool
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was sold: its amount in words, its times in epoch seconds."""

    label: str
    amount: str
    starts_at: int | None
    ends_at: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything on the page: times are epoch seconds, sums are names with amounts in words, the last the largest."""

    title: str
    number: str
    state: str
    seller: Seller
    buyer: Sequence[str]
    placed_at: int
    paid_at: int | None
    card: str | None
    items: Sequence[Line]
    sums: Sequence[tuple[str, str]]


async def document_of(tx: Transaction, kind: Kind, order_id: str, organization_ids: str) -> Document | None:
    """The invoice or receipt of an order, None when there is none."""
    order = await queries.find_order(tx, order_id, organization_ids)
    if order is None or not is_there(order, kind):
        return None
    organization_id = order["organization_id"]
    organization = await find_organization(tx, organization_id, organization_ids)
    customer = await find_customer_also_deleted(tx, order["customer_id"], organization_ids)
    assert organization is not None, "an order belongs to one"
    assert customer is not None, "an order belongs to one"
    card_id = order["payment_method_id"]
    card = None if card_id is None else await find_payment_method(tx, card_id, organization_id)
    items = (await queries.list_items(tx, [order_id], organization_ids))[order_id]
    return Document(
        title=kind.capitalize(),
        number=order["invoice_number"],
        state=_STATES[order["status"]],
        seller=_seller(organization),
        buyer=list(_buyer(order, customer)),
        placed_at=order["created_at"],
        paid_at=order["paid_at"],
        card=_card(card) if order["paid_at"] is not None else None,
        items=[_line(item, order["currency"]) for item in items],
        sums=list(_sums(order)),
    )


def _seller(row: Row) -> Seller:
    lines = [line for line in (row["name"], row["email"], row["website"]) if line]
    return Seller(row["name"], row["avatar_url"], bool(row["is_test"]), lines)


def _buyer(order: Row, customer: Row) -> Iterator[str]:
    yield order["billing_name"] or customer["billing_name"] or customer["name"] or customer["email"] or "A customer"
    address = address_of(order)
    if address is not None:
        yield from _address_lines(address)
    if customer["email"] and customer["deleted_at"] is None:
        yield customer["email"]
    if customer["tax_id"]:
        yield f"Tax ID {customer['tax_id']}"


def _address_lines(address: Address) -> Iterator[str]:
    town = " ".join(filter(None, [address.postal_code, address.city]))
    yield from filter(None, [address.line1, address.line2, town, address.state, NAMES[address.country]])


def _card(card: Row | None) -> str | None:
    if card is None or not card["last4"]:
        return None
    return f"{_BRANDS.get(card['brand'], card['brand'].capitalize())} ending in {card['last4']}"


def _line(item: Row, currency: str) -> Line:
    return Line(item["label"], money(item["amount"], currency), item["starts_at"], item["ends_at"])


def _sums(order: Row) -> Iterator[tuple[str, str]]:
    """Subtotal, tax, total, and what became of it. There are no discounts, and tax is 0."""
    currency = order["currency"]
    total = order["subtotal_amount"] - order["discount_amount"] + order["tax_amount"]
    refunded = order["refunded_amount"] + order["refunded_tax_amount"]
    yield "Subtotal", money(order["subtotal_amount"] - order["discount_amount"], currency)
    yield "Tax", money(order["tax_amount"], currency)
    if refunded:
        yield "Total", money(total, currency)
        yield "Refunded", money(-refunded, currency)
        yield "Paid after refunds", money(total - refunded, currency)
    else:
        yield "To pay" if order["paid_at"] is None else "Total paid", money(total, currency)
