"""Prices and terms in the words of the page. Pure."""

from polar_server.database import Row
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.money import money
from polar_server.resources.checkouts.terms import Terms


def every(interval: str, count: int) -> str:
    """`a month`, `every 3 months`: how often something is paid."""
    return f"a {interval}" if count == 1 else f"every {count} {interval}s"


def span(interval: str, count: int) -> str:
    """`14 days`: how long something lasts."""
    return f"{count} {interval}" + ("" if count == 1 else "s")


def price_words(price: Row, product: Row) -> str:
    """What a product costs, for a list to choose from."""
    again = _again(product)
    if price["amount_type"] == "custom":
        return f"You decide what to pay{again}"
    return "Free" if price["price_amount"] == 0 else f"{money(price['price_amount'], price['price_currency'])}{again}"


def limits_words(price: Row) -> str:
    """What a customer may pay who decides it."""
    least, most, currency = price["minimum_amount"], price["maximum_amount"], price["price_currency"]
    start = "At least" if least else "Nothing, or at least"
    lower = f"{start} {money(least or MINIMUM_AMOUNTS[currency], currency)}"
    return f"{lower}." if most is None else f"{lower}, at most {money(most, currency)}."


def terms_words(terms: Terms, product: Row, currency: str) -> str:
    """What is paid when, in a sentence; nothing for what is paid once."""
    if not terms.is_recurring or terms.amount == 0:
        return ""
    cost = f"{money(terms.amount, currency)}{_again(product)}"
    if terms.trial:
        return f"Free for {span(*terms.trial)}, then {cost}. You can cancel before that."
    return f"{cost}, until you cancel."


def button_words(terms: Terms, currency: str, *, is_custom: bool) -> str:
    """What the button does. It names no amount where the customer may just have typed another one."""
    if terms.trial and terms.is_setup_required:
        return "Start free trial"
    if is_custom:
        return "Pay"
    if not terms.is_payment_required:
        return "Get it for free"
    return f"{'Subscribe for' if terms.is_recurring else 'Pay'} {money(terms.amount, currency)}"


def _again(product: Row) -> str:
    interval = product["recurring_interval"]
    return "" if interval is None else f" {every(interval, product['recurring_interval_count'])}"
