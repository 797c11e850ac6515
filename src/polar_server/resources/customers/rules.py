"""What a customer must keep to. Each rule raises RequestValidationError at the member of the body."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from polar_server.accounts.fields import normalized_email
from polar_server.database import Row, UniqueViolation
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid
from polar_server.resource_server.tax_ids import UnknownTaxId, read_tax_id

_TAKEN = {
    "email": "Another customer of this organization has this email address.",
    "external_id": "Another customer of this organization has this external id.",
}


def check_email(given: str | None, kind: str) -> str | None:
    """The address as it is kept; None for a team without one."""
    if given is None and kind == "team":
        return None
    if given is None:
        raise invalid("email", "An individual customer has an email address.", "missing")
    address = normalized_email(given)
    if address is None:
        raise invalid("email", "This is no email address.", "value_error", given[:300])
    return address


def check_tax_id(given: str | None, address: Address | None) -> dict[str, str | None]:
    """The columns of the tax id, which belongs to the country of the billing address."""
    if given is None:
        return {"tax_id": None, "tax_id_format": None}
    if address is None:
        raise invalid("tax_id", "A tax id needs a billing address with a country.", "missing", given)
    try:
        number, kind = read_tax_id(given, address.country)
    except UnknownTaxId as error:
        raise invalid("tax_id", str(error), "value_error", given) from error
    return {"tax_id": number, "tax_id_format": kind}


def check_no_owner(owner: dict[str, Any] | None) -> None:
    """Members of a team are not kept here, so there is no owner among them; better said than silently lost."""
    if owner is not None:
        raise invalid("owner", "This server keeps no members of customers. Leave the owner out.")


def check_still(current: Row, name: str, given: Any, msg: str) -> None:
    """What is set once stays."""
    if current[name] is not None and given != current[name]:
        raise invalid(name, msg, "value_error", given)


@contextmanager
def naming_what_is_taken() -> Iterator[None]:
    """Around the whole transaction: an address or external id that another customer has is named."""
    try:
        yield
    except UniqueViolation as error:
        taken = [name for name in _TAKEN if name in error.columns]
        raise RequestValidationError([Issue(("body", name), _TAKEN[name]) for name in taken]) from error
