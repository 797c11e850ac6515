"""What a checkout must keep to. Each rule raises RequestValidationError at the member of the body."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET, Struct

from polar_server.accounts.fields import normalized_email
from polar_server.html.words import LOOPBACK
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid
from polar_server.resource_server.tax_ids import UnknownTaxId, read_tax_id
from polar_server.resources.checkouts.answers import CHECKOUT_ID

_VISIBLE = re.compile(r"[!-~]+")
_ORIGIN = re.compile(r"(?:https?://[a-z0-9.-]+(?::[0-9]{1,5})?|[a-z][a-z0-9+.-]*://[a-z0-9-]+)", re.IGNORECASE)
_WORDS = {
    "discount_id": "This server has no discounts.",
    "discount_code": "There is no such discount code.",
    "seats": "This server sells no seats.",
    "min_seats": "This server sells no seats.",
    "max_seats": "This server sells no seats.",
    "units": "This server sells no units.",
    "min_units": "This server sells no units.",
    "max_units": "This server sells no units.",
    "prices": "This server has no prices for one checkout; give the product another price.",
    "custom_field_data": "This server has no custom fields.",
}
_NEEDED = ("line1", "city", "postal_code")


def refuse_what_is_not_here(sent: Struct) -> None:
    """Better said than silently lost; null and emptiness pass, since the published clients send them."""
    issues = [
        Issue(("body", name), words, "unsupported", value)
        for name, words in _WORDS.items()
        if (value := getattr(sent, name)) not in (None, {}, UNSET)
    ]
    if issues:
        raise RequestValidationError(issues)


def check_email(given: str | None) -> str | None:
    """The address as it is kept."""
    address = None if given is None else normalized_email(given)
    if given is not None and address is None:
        raise invalid("customer_email", "This is no email address.", "value_error", given[:300])
    return address


def check_tax_id(given: str | None, address: Address | None) -> str | None:
    """The tax id as it is kept; it belongs to the country of the billing address."""
    if given is None:
        return None
    if address is None:
        raise invalid("customer_tax_id", "A tax id needs a billing address with a country.", "missing", given)
    try:
        return read_tax_id(given, address.country)[0]
    except UnknownTaxId as error:
        raise invalid("customer_tax_id", str(error), "value_error", given) from error


def check_ip_address(given: str | None) -> str | None:
    """An address of IPv4 or IPv6."""
    try:
        return None if given is None else str(ip_address(given))
    except ValueError as error:
        raise invalid("customer_ip_address", "This is no IP address.", "value_error", given) from error


def check_url(name: str, given: str | None) -> str | None:
    """A URL that a browser may be sent to: https, or http on this machine, as it was sent."""
    if given is None or _is_web(given.replace(CHECKOUT_ID, "id")):
        return given
    raise invalid(name, "Write an https URL in ASCII, without a user name; http is for loopback only.", "url", given)


def check_origin(given: str | None) -> str | None:
    """The origin of a page or of an app."""
    if given is None or _ORIGIN.fullmatch(given):
        return given
    raise invalid("embed_origin", "Write an origin such as https://shop.example.", "url", given)


def check_complete(columns: dict[str, Any], address: Address | None, *, needs_address: bool) -> None:
    """What a sale needs of its customer, every missing part named."""
    missing = [] if columns["customer_email"] else ["customer_email"]
    if columns["is_business_customer"] and not columns["customer_billing_name"]:
        missing.append("customer_billing_name")
    if needs_address and address is None:
        missing.append("customer_billing_address.country")
    missing += [
        f"customer_billing_address.{name}" for name in _NEEDED if needs_address and not getattr(address, name, None)
    ]
    if missing:
        places = [("body", *name.split(".")) for name in missing]
        raise RequestValidationError([Issue(place, "This is needed.", "missing") for place in places])


def _is_web(url: str) -> bool:
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
