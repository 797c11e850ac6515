"""SQL of reviews: which sales and grants have to be brought in line with a changed product or benefit."""

from polar_server.database import Row, Statement, Transaction

_DUE = "SELECT id FROM grant_reviews WHERE leased_until <= :now"
_IS_DUE = Statement(f"{_DUE} LIMIT 1")
_CLAIM = """
    UPDATE grant_reviews SET lease = :lease, leased_until = :until WHERE id = (
        {due} ORDER BY leased_until, created_at, id LIMIT 1 {lock}
    ) RETURNING id, organization_id, product_id, benefit_id, reached
"""
_CLAIM_ONE = Statement(
    _CLAIM.format(due=_DUE, lock=""), postgres=_CLAIM.format(due=_DUE, lock="FOR UPDATE SKIP LOCKED")
)
_HELD = "id = :id AND organization_id = :organization_id AND lease = :lease"
_ADVANCE = Statement(f"UPDATE grant_reviews SET reached = :reached, leased_until = 0 WHERE {_HELD}")
_FINISH = Statement(f"DELETE FROM grant_reviews WHERE {_HELD}")

# A subscription that lapsed keeps what it has until its grace is over, and gets nothing new; neither does one that owes
# the first period after a pause, and has nothing until it pays.
_LIVE_SUBSCRIPTION = """(s.status IN ('trialing', 'active') OR s.status = 'past_due' AND EXISTS (
    SELECT 1 FROM benefit_grants h
    WHERE h.subscription_id = s.id AND h.organization_id = s.organization_id AND h.granted_at IS NOT NULL
))"""
_LIVE_ORDER = """
    o.subscription_id IS NULL AND o.status IN ('paid', 'partially_refunded', 'refunded') AND NOT EXISTS (
        SELECT 1 FROM refunds r
        WHERE r.order_id = o.id AND r.organization_id = o.organization_id AND r.revoke_benefits = TRUE
    )
"""
_LIST_SALES = Statement(f"""
    SELECT id, customer_id, is_subscription FROM (
        SELECT * FROM (
            SELECT s.id, s.customer_id, TRUE AS is_subscription FROM subscriptions s
            WHERE s.product_id = :product_id AND s.organization_id = :organization_id AND s.id > :reached
            AND {_LIVE_SUBSCRIPTION} ORDER BY s.id LIMIT :limit
        ) running
        UNION ALL
        SELECT * FROM (
            SELECT o.id, o.customer_id, FALSE AS is_subscription FROM orders o
            WHERE o.product_id = :product_id AND o.organization_id = :organization_id AND o.id > :reached
            AND {_LIVE_ORDER} ORDER BY o.id LIMIT :limit
        ) bought
    ) sold ORDER BY id LIMIT :limit
""")
_LIST_GRANTS = Statement("""
    SELECT g.id, g.customer_id FROM benefit_grants g
    WHERE g.benefit_id = :benefit_id AND g.organization_id = :organization_id AND g.id > :reached
    AND g.granted_at IS NOT NULL ORDER BY g.id LIMIT :limit
""")

_CUSTOMER = "SELECT deleted_at FROM customers WHERE id = :id AND organization_id = :organization_id"
_LOCK_CUSTOMER = Statement(_CUSTOMER, postgres=f"{_CUSTOMER} FOR NO KEY UPDATE")
_SUBSCRIPTION = f"""
    SELECT s.id FROM subscriptions s
    WHERE s.id = :id AND s.organization_id = :organization_id AND s.product_id = :product_id AND {_LIVE_SUBSCRIPTION}
"""
_ORDER = f"""
    SELECT o.id FROM orders o
    WHERE o.id = :id AND o.organization_id = :organization_id AND o.product_id = :product_id AND {_LIVE_ORDER}
"""
_LOCK_SUBSCRIPTION = Statement(_SUBSCRIPTION, postgres=f"{_SUBSCRIPTION} FOR UPDATE OF s")
_LOCK_ORDER = Statement(_ORDER, postgres=f"{_ORDER} FOR UPDATE OF o")


async def is_due(tx: Transaction, now: int) -> bool:
    """Whether there is a review that nobody works on."""
    return await tx.first(_IS_DUE, now=now) is not None


async def claim(tx: Transaction, lease: str, now: int, until: int) -> Row | None:
    """Take the oldest review that nobody works on."""
    return await tx.first(_CLAIM_ONE, lease=lease, now=now, until=until)


async def advance(tx: Transaction, review: Row, lease: str, reached: str) -> bool:
    """Note how far a review has come and let go of it; whether it was still held."""
    place = {"id": review["id"], "organization_id": review["organization_id"], "lease": lease}
    return await tx.run(_ADVANCE, **place, reached=reached) == 1


async def finish(tx: Transaction, review: Row, lease: str) -> bool:
    """Remove a review that came to its end; whether it was still held."""
    place = {"id": review["id"], "organization_id": review["organization_id"], "lease": lease}
    return await tx.run(_FINISH, **place) == 1


async def list_sales(tx: Transaction, review: Row, limit: int) -> list[Row]:
    """The next live sales of the review's product, by id."""
    place = {name: review[name] for name in ("product_id", "organization_id", "reached")}
    return await tx.all(_LIST_SALES, **place, limit=limit)


async def list_grants(tx: Transaction, review: Row, limit: int) -> list[Row]:
    """The next live grants of the review's benefit, by id."""
    place = {name: review[name] for name in ("benefit_id", "organization_id", "reached")}
    return await tx.all(_LIST_GRANTS, **place, limit=limit)


async def lock_customer(tx: Transaction, customer_id: str, organization_id: str) -> bool:
    """Hold a customer, which comes first of what a change of its grants holds; whether it is not deleted."""
    return (await tx.one(_LOCK_CUSTOMER, id=customer_id, organization_id=organization_id))["deleted_at"] is None


async def lock_sale(tx: Transaction, review: Row, sale: Row) -> bool:
    """Hold a sale of the review's product; whether it is still live and of that product."""
    statement = _LOCK_SUBSCRIPTION if sale["is_subscription"] else _LOCK_ORDER
    place = {name: review[name] for name in ("product_id", "organization_id")}
    return await tx.first(statement, id=sale["id"], **place) is not None
