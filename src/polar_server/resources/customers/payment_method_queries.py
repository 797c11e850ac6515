"""SQL of customers' cards. `token` is the processor's name for a card; its number never comes here."""

from typing import Any
from uuid import uuid4

from polar_server.database import Row, Statement, Transaction
from polar_server.payments import Card
from polar_server.resources.customers.queries import add_customer

_COLUMNS = """
    m.id, m.organization_id, m.customer_id, m.token, m.brand, m.last4, m.exp_month, m.exp_year, m.created_at,
    m.modified_at
"""
_ADD = Statement("""
    INSERT INTO payment_methods (
        id, organization_id, customer_id, token, brand, last4, exp_month, exp_year, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :token, :brand, :last4, :exp_month, :exp_year, :now
    )
""")
_MAKE_DEFAULT = Statement("""
    UPDATE customers SET default_payment_method_id = :id
    WHERE id = :customer_id AND organization_id = :organization_id
""")
_FIND = Statement(f"""
    SELECT {_COLUMNS} FROM payment_methods m WHERE m.id = :id AND m.organization_id = :organization_id
""")
_FIND_DEFAULT = Statement(f"""
    SELECT {_COLUMNS} FROM payment_methods m
    JOIN customers c ON c.default_payment_method_id = m.id AND c.organization_id = m.organization_id
    WHERE c.id = :customer_id AND c.organization_id = :organization_id
""")
_OF_CUSTOMER = "m.customer_id = :customer_id AND m.organization_id = :organization_id"
_COUNT = Statement(f"SELECT count(*) FROM payment_methods m WHERE {_OF_CUSTOMER}")
_LIST = Statement(f"""
    SELECT {_COLUMNS} FROM payment_methods m
    WHERE {_OF_CUSTOMER} ORDER BY m.created_at DESC, m.id LIMIT :limit OFFSET :offset
""")
# The row stays for the orders that it paid; without a token nothing can be charged any more.
_FORGET_TOKENS = Statement("""
    UPDATE payment_methods SET token = '', modified_at = :now
    WHERE customer_id = :customer_id AND organization_id = :organization_id
""")
_FORGET_CARDS = Statement("""
    UPDATE payment_methods SET token = '', brand = '', last4 = '', exp_month = 0, exp_year = 0
    WHERE customer_id = :customer_id AND organization_id = :organization_id
""")


async def add_payment_method(
    tx: Transaction, *, organization_id: str, customer_id: str, card: Card, now: int, is_default: bool = True
) -> str:
    """Keep a card of a customer, as the one that is charged from now on if it is the default; its id."""
    place = {"id": str(uuid4()), "organization_id": organization_id, "customer_id": customer_id}
    await tx.later(_ADD, **place, **_kept(card), now=now)
    if is_default:
        await tx.later(_MAKE_DEFAULT, **place)
    return place["id"]


async def add_customer_with_card(tx: Transaction, card: Card, **columns: Any) -> Row:
    """Store a new customer who pays with this card unless something else is said; the row. As `add_customer`."""
    place = {"id": str(uuid4()), "organization_id": columns["organization_id"], "customer_id": columns["id"]}
    # Each refers to the other. PostgreSQL looks at the end of a statement, which both are part of; SQLite at once.
    known_id = None if tx.engine == "sqlite" else place["id"]
    row = await add_customer(tx, default_payment_method_id=known_id, **columns)
    await tx.later(_ADD, **place, **_kept(card), now=columns["now"])
    if known_id is None:
        await tx.later(_MAKE_DEFAULT, **place)
    return {**dict(row), "default_payment_method_id": place["id"]}


def _kept(card: Card) -> dict[str, Any]:
    names = ("token", "brand", "last4", "exp_month", "exp_year")
    return {name: getattr(card, name) for name in names}


async def find_payment_method(tx: Transaction, payment_method_id: str, organization_id: str) -> Row | None:
    """A card of a customer of this organization."""
    return await tx.first(_FIND, id=payment_method_id, organization_id=organization_id)


async def find_default_payment_method(tx: Transaction, customer_id: str, organization_id: str) -> Row | None:
    """The card that a customer pays with unless something else is said."""
    return await tx.first(_FIND_DEFAULT, customer_id=customer_id, organization_id=organization_id)


async def list_payment_methods(
    tx: Transaction, customer_id: str, organization_id: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of a customer's cards, newest first, and how many there are in all."""
    place = {"customer_id": customer_id, "organization_id": organization_id}
    rows = await tx.all(_LIST, **place, limit=limit, offset=offset)
    return rows, (await tx.one(_COUNT, **place))[0]


async def forget_tokens(tx: Transaction, customer_id: str, organization_id: str, now: int) -> None:
    """Let go of a customer's cards, so that none can be charged any more."""
    await tx.run(_FORGET_TOKENS, customer_id=customer_id, organization_id=organization_id, now=now)


async def forget_cards(tx: Transaction, customer_id: str, organization_id: str) -> None:
    """Also remove what tells one card of a customer from another."""
    await tx.run(_FORGET_CARDS, customer_id=customer_id, organization_id=organization_id)
