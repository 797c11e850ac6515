"""SQL of customers' cards. `token` is the processor's name for a card; its number never comes here."""

from uuid import uuid4

from polar_server.database import Row, Statement, Transaction
from polar_server.payments import Card

_COLUMNS = """
    m.id, m.organization_id, m.customer_id, m.token, m.brand, m.last4, m.exp_month, m.exp_year, m.created_at,
    m.modified_at
"""
_INSERT = """
    INSERT INTO payment_methods (
        id, organization_id, customer_id, token, brand, last4, exp_month, exp_year, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :token, :brand, :last4, :exp_month, :exp_year, :now
    )
"""
_CHOOSE = """
    UPDATE customers SET default_payment_method_id = :id
    WHERE id = :customer_id AND organization_id = :organization_id
"""
_ADD = Statement(_INSERT)
_MAKE_DEFAULT = Statement(_CHOOSE)
# For PostgreSQL alone: both in one round trip.
_ADD_DEFAULT = Statement(f"WITH added AS ({_INSERT}) {_CHOOSE}")
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
    payment_method_id = str(uuid4())
    place = {"id": payment_method_id, "organization_id": organization_id, "customer_id": customer_id}
    kept = {"brand": card.brand, "last4": card.last4, "exp_month": card.exp_month, "exp_year": card.exp_year}
    if is_default and tx.engine == "postgres":
        await tx.run(_ADD_DEFAULT, **place, **kept, token=card.token, now=now)
        return payment_method_id
    await tx.run(_ADD, **place, **kept, token=card.token, now=now)
    if is_default:
        await tx.run(_MAKE_DEFAULT, **place)
    return payment_method_id


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
