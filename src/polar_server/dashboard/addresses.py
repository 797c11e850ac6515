"""Postal addresses as people type and read them."""

from collections.abc import Mapping

from polar_server.resource_server.addresses import Address
from polar_server.resource_server.countries import NAMES

FIELDS = ("line1", "line2", "postal_code", "city", "state", "country")


def sent_address(form: Mapping[str, str]) -> tuple[dict[str, str] | None, dict[str, str]]:
    """The address that was typed, None for an empty one, and a sentence where its country cannot be read."""
    typed = {name: text for name in FIELDS if (text := form.get(name, "").strip())}
    if typed and typed.get("country") not in NAMES:
        return None, {"country": "Choose a country: an address needs one."}
    return typed or None, {}


def sent_elsewhere(form: Mapping[str, str], current: Address) -> dict[str, str]:
    """The address that was typed, in the country of the present one, which cannot change any more."""
    typed = {name: text for name in FIELDS if (text := form.get(name, "").strip()) and name != "state"}
    return typed | {"country": current.country}


def fields_of(address: Address | None) -> dict[str, str]:
    """The fields of an address that is there."""
    return {} if address is None else {name: getattr(address, name) or "" for name in FIELDS}


def lines_of(address: Address | None) -> list[str]:
    """An address as it stands on a letter."""
    if address is None:
        return []
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = NAMES.get(address.country, address.country)
    return [line for line in (address.line1, address.line2, town, address.state, country) if line]
