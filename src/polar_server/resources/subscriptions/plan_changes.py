"""Another product: what is left of the old one is given back, what is left of the period of the new one is charged."""

import json
from uuid import uuid4

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import invalid
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import billing_queries, queries
from polar_server.resources.subscriptions.billing import Bill, place_bill
from polar_server.resources.subscriptions.ending import subscription_settings
from polar_server.resources.subscriptions.pausing import require_payment
from polar_server.resources.subscriptions.periods import period_end
from polar_server.resources.subscriptions.prorations import share
from polar_server.resources.subscriptions.refusals import check_going_on, check_settled
from polar_server.resources.subscriptions.telling import sale_of, tell
from polar_server.resources.subscriptions.turning import bought, place_period


async def change_product(
    tx: Transaction, server: AuthorizationServer, row: Row, product_id: str, behavior: str | None, now: int
) -> Row:
    """Put another product in the place of a locked subscription's, now or with the next period.

    Without a behavior, the organization's setting counts. Raises RequestValidationError, AlreadyCanceledSubscription,
    InactiveSubscription, SubscriptionLocked and PaymentFailed.
    """
    check_going_on(row)
    if product_id == row["product_id"]:
        return await give_up_pending(tx, server, row, now)
    check_settled(row, now)
    product, price = await _offer(tx, row, product_id)
    behavior = behavior or (await subscription_settings(tx, row["organization_id"])).proration_behavior
    if behavior == "next_period":
        return await _wait(tx, server, row, product, price, now)
    changed = await _switch(tx, server, row, product, price, behavior, now)
    await sync_grants(tx, server, sale_of(changed), product["id"], now)
    await tell(tx, server, changed, now, "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return changed


async def give_up_pending(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Forget a change that waits for the next period."""
    if row["pending_id"] is None:
        return row
    nothing = dict.fromkeys(("pending_id", "pending_product_id", "pending_price_id", "pending_created_at"))
    changed = await queries.save_subscription(tx, row, now, **nothing)
    await tell(tx, server, changed, now, "subscription.updated")
    return changed


async def _offer(tx: Transaction, row: Row, product_id: str) -> tuple[Row, Row]:
    """The product and its price in the currency of the subscription. Raises RequestValidationError."""
    place = json.dumps([row["organization_id"]])
    product = await products.find_product(tx, product_id, place)
    if product is None:
        raise invalid("product_id", "There is no such product.", given=product_id)
    if product["is_archived"] or product["recurring_interval"] is None:
        raise invalid("product_id", "This product is archived, or bought once.", given=product_id)
    prices = (await products.list_prices(tx, [product_id], place))[product_id]
    price = next((each for each in prices if each["price_currency"] == row["currency"]), None)
    if price is None:
        raise invalid("product_id", f"This product has no price in {row['currency']}.", given=product_id)
    if price["amount_type"] != "fixed":
        raise invalid("product_id", "The customer decides what this product costs: use a checkout.", given=product_id)
    return product, price


async def _wait(tx: Transaction, server: AuthorizationServer, row: Row, product: Row, price: Row, now: int) -> Row:
    pending = {"pending_id": str(uuid4()), "pending_product_id": product["id"], "pending_price_id": price["id"]}
    changed = await queries.save_subscription(tx, row, now, **pending, pending_created_at=now)
    await tell(tx, server, changed, now, "subscription.updated")
    return changed


async def _switch(
    tx: Transaction, server: AuthorizationServer, row: Row, product: Row, price: Row, behavior: str, now: int
) -> Row:
    columns = bought(row, product, price, row["current_period_end"])
    if row["status"] == "trialing":
        # Nothing was paid yet; the first payment will be for the new product.
        return await queries.save_subscription(tx, row, now, **columns)
    await _give_back(tx, row, now)
    if behavior == "reset" or columns["anchored_at"] != row["anchored_at"]:
        return await _start_over(tx, server, row, columns, now)
    await _charge_rest(tx, row, product, price, now)
    changed = await queries.save_subscription(tx, row, now, **columns)
    if behavior == "invoice":
        order_id = await place_bill(tx, server, changed, Bill("subscription_update"), now)
        if order_id is not None:
            await require_payment(tx, server, changed, order_id, now)
    return changed


async def _start_over(
    tx: Transaction, server: AuthorizationServer, row: Row, columns: dict[str, object], now: int
) -> Row:
    """A new period from now on, paid in full at once: wanted so, or because the new periods have another length."""
    interval, count = str(columns["recurring_interval"]), int(str(columns["recurring_interval_count"]))
    end = period_end(now, now, interval, count)
    period = {"anchored_at": now, "current_period_start": now, "current_period_end": end, "due_at": end}
    changed = await queries.save_subscription(tx, row, now, **{**columns, **period})
    order_id = await place_period(tx, server, changed, "subscription_update", now)
    await require_payment(tx, server, changed, order_id, now)
    return changed


async def _give_back(tx: Transaction, row: Row, now: int) -> None:
    """Keep what is left of the old product's period as a credit."""
    old = await products.find_product(tx, row["product_id"], json.dumps([row["organization_id"]]))
    assert old is not None, "a product that was sold stays"
    unused = share(row["amount"], row["current_period_start"], row["current_period_end"], now)
    await _keep(tx, row, f"Unused time on {old['name']}", -unused, row["product_price_id"], now)


async def _charge_rest(tx: Transaction, row: Row, product: Row, price: Row, now: int) -> None:
    rest = share(price["price_amount"], row["current_period_start"], row["current_period_end"], now)
    await _keep(tx, row, f"Remaining time on {product['name']}", rest, price["id"], now)


async def _keep(tx: Transaction, row: Row, label: str, amount: int, price_id: str, now: int) -> None:
    if amount == 0:
        return
    span = {"starts_at": now, "ends_at": row["current_period_end"]}
    await billing_queries.add_proration(tx, row, now, label=label, amount=amount, product_price_id=price_id, **span)
