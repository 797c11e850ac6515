"""What was typed about a customer, as the API takes it."""

from collections.abc import Mapping
from typing import Any

from polar_server.dashboard import addresses
from polar_server.dashboard.forms import errors_of
from polar_server.resource_server.errors import ApiError
from polar_server.resources.customers.schemas import Customer

TYPES = {"individual": "One person", "team": "A company or team"}
_FIELDS = ("type", "email", "name", "external_id", "tax_id", *addresses.FIELDS)


def sent_of(form: Mapping[str, str], current: Customer | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of a customer, and a sentence for each field that cannot be read.

    What a `current` customer cannot change any more is left out.
    """
    address, errors = addresses.sent_address(form)
    kind = form.get("type", "individual" if current is None else current.type)
    sent: dict[str, Any] = {"type": kind, "billing_address": address}
    sent |= {name: form.get(name, "").strip() or None for name in ("email", "name", "external_id", "tax_id")}
    if sent["email"] is None and kind == "individual":
        errors["email"] = "Enter an email address: a person has one."
    if current is not None and current.external_id is not None:
        del sent["external_id"]
    if current is not None and current.billing_address is None and address is None:
        del sent["billing_address"]
    return sent, errors


def form_of(customer: Customer) -> dict[str, str]:
    """The fields of a customer that is there."""
    return {
        "type": customer.type,
        "email": customer.email or "",
        "name": customer.name or "",
        "external_id": customer.external_id or "",
        "tax_id": customer.tax_id[0] if customer.tax_id else "",
        **addresses.fields_of(customer.billing_address),
    }


def errors_in(refused: ApiError) -> dict[str, str]:
    """A sentence for each field that was refused."""
    return errors_of(refused, _FIELDS, billing_address="country")
