"""What a person typed on the page: read, checked in words, and never lost, but for the card."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from polar_server.accounts.fields import normalized_email
from polar_server.payments import Card, InvalidCard, read_card
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import RequestValidationError
from polar_server.resource_server.money import read_amount
from polar_server.resources.checkouts.schemas import CheckoutUpdatePublic

CARD_FIELDS = ("card_number", "card_expiry", "card_cvc")
_NEEDED = {
    "country": "Choose the country.",
    "line1": "Enter the street and the number.",
    "postal_code": "Enter the postal code.",
    "city": "Enter the city.",
}
_FIELDS = {
    "customer_email": "email",
    "customer_name": "name",
    "customer_billing_name": "billing_name",
    "customer_tax_id": "tax_id",
    "amount": "amount",
}
_LONGEST = {"email": 254, "name": 256, "billing_name": 256, "tax_id": 64, "line1": 256, "line2": 256, "city": 256}
_LONGEST |= {"state": 256, "postal_code": 32}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asked for; see `page_values.values_of_form`."""

    currency: str
    is_custom: bool
    is_card_required: bool
    needs_address: bool
    is_business: bool
    email_is_fixed: bool


def typed_again(form: dict[str, str]) -> dict[str, str]:
    """What is shown in the fields again: everything but the card."""
    kept = (*_FIELDS.values(), *Address.__struct_fields__)
    return {name: form.get(name, "") for name in kept}


def read_typed(form: dict[str, str], asked: Asked) -> tuple[CheckoutUpdatePublic, dict[str, str]]:
    """What was typed, as the API takes it, and a sentence for each field that cannot be read."""
    errors = {name: "This is too long." for name, most in _LONGEST.items() if len(form.get(name, "")) > most}
    sent = CheckoutUpdatePublic(customer_name=form.get("name") or None)
    if not asked.email_is_fixed:
        sent.customer_email = normalized_email(form.get("email", ""))
        if sent.customer_email is None:
            errors["email"] = "Enter an email address like ada@example.com."
    if asked.is_custom:
        amount = read_amount(form.get("amount", ""), asked.currency)
        sent.amount = UNSET if amount is None else amount
        if amount is None:
            errors["amount"] = "Enter an amount such as 12.50."
    if asked.is_business:
        sent.customer_billing_name = form.get("billing_name") or None
        sent.customer_tax_id = form.get("tax_id") or None
        if sent.customer_billing_name is None:
            errors["billing_name"] = "Enter the name of the business."
    if asked.needs_address:
        sent.customer_billing_address, missing = _address(form)
        errors |= missing
    return sent, errors


def read_typed_card(form: dict[str, str], now: int) -> tuple[Card | None, dict[str, str]]:
    """The card, or the sentence for its field."""
    today = datetime.fromtimestamp(now, UTC)
    number, expiry, cvc = (form.get(name, "") for name in CARD_FIELDS)
    try:
        return read_card(number, expiry, cvc, today.year, today.month), {}
    except InvalidCard as error:
        return None, {f"card_{error.field}": str(error)}


def sentences_of(refused: RequestValidationError) -> dict[str, str]:
    """The issues of a refusal by the fields of the page; what belongs to no field stands above the form."""
    found: dict[str, str] = {}
    for issue in refused.issues:
        place = [str(step) for step in issue.loc[1:]] or [""]
        field = place[-1] if place[0] == "customer_billing_address" else _FIELDS.get(place[0], "form")
        # The API counts in minor units; the hint of the field says the limits as people write them.
        found[field] = "This is not within the limits." if field == "amount" else issue.msg
    return found


def _address(form: dict[str, str]) -> tuple[Any, dict[str, str]]:
    errors = {name: words for name, words in _NEEDED.items() if not form.get(name, "").strip()}
    parts = {name: text for name in Address.__struct_fields__ if (text := form.get(name, "").strip())}
    try:
        return msgspec.convert(parts, Address), errors
    except msgspec.ValidationError:
        return UNSET, errors or {"country": _NEEDED["country"]}
