"""Rows of customers as the API shows them."""

from typing import Any

import msgspec

from polar_server.database import Row
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.customers.schemas import Customer


def customer_of(row: Row) -> Customer:
    """A customer."""
    return Customer(**members_of(row))


def address_of(row: Row) -> Address | None:
    """The billing address."""
    kept = row["billing_address"]
    return None if kept is None else msgspec.json.decode(kept, type=Address)


def members_of(row: Row) -> dict[str, Any]:
    """The members of a customer from its row."""
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "organization_id": row["organization_id"],
        "type": row["type"],
        "email": row["email"],
        "email_verified": bool(row["email_verified"]),
        "external_id": row["external_id"],
        "name": row["name"],
        "billing_name": row["billing_name"] or row["name"],
        "billing_address": address_of(row),
        "tax_id": None if row["tax_id"] is None else (row["tax_id"], row["tax_id_format"]),
        "locale": row["locale"],
        "metadata": msgspec.json.decode(row["metadata"]),
        "deleted_at": moment_or_none(row["deleted_at"]),
        "default_payment_method_id": row["default_payment_method_id"],
    }
