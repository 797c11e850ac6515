"""What was typed about a product, as the API takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.money import decimal, money, read_amount
from polar_server.resources.products.schemas import Product

INTERVALS = {"": "Once", "day": "Every day", "week": "Every week", "month": "Every month", "year": "Every year"}
"""How often a product is paid, by the value of the field."""
KINDS = {"fixed": "A fixed price", "custom": "The customer decides", "free": "Free"}
FIELDS = ("name", "description", "trial_days")
MOST_PICTURES = 20
"""Pictures of one product, as the API has it."""

_AMOUNT = "Enter an amount such as 12.50."


def sent_of(form: Mapping[str, str], pictures: Sequence[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The members that new and changed products share, and a sentence for each field that cannot be read.

    `pictures` are the ids of those that the product has.
    """
    price, errors = _price_of(form)
    medias = ticked(form, "picture-", pictures)
    if len(medias) > MOST_PICTURES:
        errors["pictures"] = f"A product has at most {MOST_PICTURES} pictures."
    sent: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "description": form.get("description", "").strip() or None,
        "prices": [price],
        "medias": medias,
        "trial_interval": None,
        "trial_interval_count": None,
    }
    days = form.get("trial_days", "").strip()
    if days.isascii() and days.isdecimal():
        sent |= {"trial_interval": "day", "trial_interval_count": int(days)} if int(days) else {}
    elif days:
        errors["trial_days"] = "Enter a number of days, or nothing."
    return sent, errors


def ticked(form: Mapping[str, str], prefix: str, present: Sequence[str]) -> list[str]:
    """The ids of what is ticked: those that the product has in their order, then the others as the page lists them."""
    ids = [name.removeprefix(prefix) for name in form if name.startswith(prefix)]
    return [*(each for each in present if each in ids), *(each for each in ids if each not in present)]


def _price_of(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    currency = form.get("currency", "")
    if currency not in MINIMUM_AMOUNTS:
        return {}, {"currency": "Choose one of the currencies."}
    kind = form.get("kind", "")
    price = {"amount_type": kind, "price_currency": currency}
    match kind:
        case "free":
            return price, {}
        case "fixed":
            amount = read_amount(form.get("amount", ""), currency)
            return {**price, "price_amount": amount}, _amount_error(amount, currency)
        case "custom":
            return _limits_of(form, price, currency)
    return {}, {"kind": "Choose how the price is set."}


def _amount_error(amount: int | None, currency: str) -> dict[str, str]:
    if amount is None:
        return {"amount": _AMOUNT}
    least = MINIMUM_AMOUNTS[currency]
    return {"amount": f"Enter at least {money(least, currency)}; less cannot be charged."} if amount < least else {}


def _limits_of(form: Mapping[str, str], price: dict[str, Any], currency: str) -> tuple[dict[str, Any], dict[str, str]]:
    errors: dict[str, str] = {}
    for field, member in (("minimum", "minimum_amount"), ("preset", "preset_amount")):
        if not (text := form.get(field, "").strip()):
            continue
        price[member] = read_amount(text, currency)
        if price[member] is None:
            errors[field] = _AMOUNT
    least = MINIMUM_AMOUNTS[currency]
    minimum = price.setdefault("minimum_amount", 0) or 0
    if 0 < minimum < least:
        errors["minimum"] = f"Enter at least {money(least, currency)}, or nothing."
    if not errors and (preset := price.get("preset_amount")) is not None and preset < minimum:
        errors["preset"] = "This is less than the least amount."
    return price, errors


def price_stays(product: Product, sent: Mapping[str, Any]) -> bool:
    """Whether the price that was sent is the one that the product has; of several, the first is shown."""
    typed, price = sent["prices"][0], product.prices[0]
    if typed["amount_type"] == "free":
        typed = {"price_amount": 0, "price_currency": typed["price_currency"]}
    members = [name for name in typed if name != "amount_type"]
    return all(getattr(price, name, UNSET) == typed[name] for name in members)


def form_of(product: Product) -> dict[str, str]:
    """The fields of a product that is there."""
    price = product.prices[0]
    form = {
        "name": product.name,
        "description": product.description or "",
        "recurring_interval": product.recurring_interval or "",
        "trial_days": str(product.trial_interval_count or ""),
        "currency": price.price_currency,
    }
    currency = price.price_currency
    if (amount := getattr(price, "price_amount", None)) is not None:
        return form | {"kind": "fixed" if amount else "free", "amount": decimal(amount, currency) if amount else ""}
    limits = {"minimum": price.minimum_amount, "preset": price.preset_amount}  # type: ignore[union-attr]
    return (
        form | {"kind": "custom"} | {name: decimal(value, currency) if value else "" for name, value in limits.items()}
    )
