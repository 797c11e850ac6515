"""What was typed about a new checkout, as the API takes it, and checkouts in words."""

from collections.abc import Mapping
from typing import Any

from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.money import money, read_amount
from polar_server.resources.products.schemas import CustomPrice, Product

STATUSES = {
    "open": ("Open", ""),
    "confirmed": ("Waiting for the bank", "warn"),
    "succeeded": ("Paid", "good"),
    "failed": ("Failed", "bad"),
    "expired": ("Expired", ""),
}
"""What a checkout is, in words and as the kind of its badge."""

PREFIX = "product-"
"""Before the product's id in the name of its box: a form may not say one name twice."""


def ticked_in(form: Mapping[str, str]) -> list[str]:
    """The ids of the products that are ticked, in the order of the page."""
    return [name.removeprefix(PREFIX) for name in form if name.startswith(PREFIX)]


def sent_of(form: Mapping[str, str], found: Mapping[str, Product]) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of a new checkout, and a sentence for each field that cannot be read. `found` are products by id."""
    ticked = ticked_in(form)
    if not ticked:
        return {}, {"products": "Choose at least one product."}
    sent: dict[str, Any] = {
        "products": ticked,
        "customer_email": form.get("email", "").strip() or None,
        "success_url": form.get("success_url", "").strip() or None,
        "require_billing_address": form.get("billing_address") == "true",
    }
    typed = form.get("amount", "").strip()
    if not typed or ticked[0] not in found:
        return sent, {}
    amount, errors = _amount_of(typed, found[ticked[0]])
    return sent | amount, errors


def price_to_decide(product: Product) -> CustomPrice | None:
    """The price of a product whose customer decides what to pay."""
    return next((price for price in product.prices if isinstance(price, CustomPrice)), None)


def _amount_of(typed: str, product: Product) -> tuple[dict[str, Any], dict[str, str]]:
    """The amount that the page begins with: one of the first product's, which is chosen there."""
    price = price_to_decide(product)
    if price is None:
        return {}, {"amount": "The first product has a price of its own, so leave this empty."}
    amount, currency = read_amount(typed, price.price_currency), price.price_currency
    if amount is None:
        return {}, {"amount": "Enter an amount such as 12.50."}
    refusal = _why_outside(amount, price)
    return {"amount": amount, "currency": currency}, {"amount": refusal} if refusal else {}


def _why_outside(amount: int, price: CustomPrice) -> str:
    """Why the product does not take this amount. The API would say it in minor units."""
    currency, most = price.price_currency, price.maximum_amount
    if amount < price.minimum_amount:
        return f"Enter at least {money(price.minimum_amount, currency)}, the least that the product takes."
    if most is not None and amount > most:
        return f"Enter at most {money(most, currency)}, the most that the product takes."
    least = MINIMUM_AMOUNTS[currency]
    return f"Enter 0, or at least {money(least, currency)}; less cannot be charged." if 0 < amount < least else ""
