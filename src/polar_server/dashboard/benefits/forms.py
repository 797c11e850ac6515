"""What was typed about a benefit, as the API takes it, and benefits in words."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from polar_server.resource_server.benefits import (
    Benefit,
    CustomProperties,
    DownloadablesProperties,
    LicenseKeysProperties,
)
from polar_server.resource_server.metadata import Metadata

KINDS = {
    "downloadables": ("Files", "Files of yours to download, for as long as a customer has the benefit."),
    "license_keys": ("License key", "A key for each customer, which your software checks with the API."),
    "custom": (
        "Note",
        "A text that only whoever has the benefit reads: an invitation, an address, what comes next.",
    ),
    "feature_flag": ("Feature", "Something that your software switches on for whoever has the benefit."),
}
"""Each kind of benefit, what it is called and what it gives."""
UNITS = {"day": "days", "month": "months", "year": "years"}
FIELDS = ("description", "note", "files", "prefix", "metadata")
FILE = "file-"
"""Before the file's id in the name of its box: a form may not say one name twice."""

_MOST_YEARS, _MOST = 5000, 2_147_483_647


def sent_of(
    kind: str, form: Mapping[str, str], current: Benefit | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The members that new and changed benefits share, and a sentence for each field that cannot be read.

    Of a benefit that is there stays what no field of the page says.
    """
    properties, errors = _PROPERTIES[kind](form)
    sent: dict[str, Any] = {"type": kind, "description": form.get("description", "").strip(), "properties": properties}
    if kind != "downloadables":
        hidden = "private" if current is None or current.visibility == "public" else current.visibility
        sent["visibility"] = "public" if form.get("visible") == "true" else hidden
    if kind == "feature_flag" and (current is None or has_plain_values(current)):
        sent["metadata"] = read_values(form.get("metadata", ""))
    if current is not None and isinstance(current.properties, DownloadablesProperties):
        properties["archived"] = current.properties.archived
    return sent, errors


def _note(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    return {"note": form.get("note", "").strip() or None}, {}


def _files(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    chosen = ticked_in(form)
    return {"files": chosen}, {} if chosen else {"files": "Choose at least one file."}


def ticked_in(form: Mapping[str, str]) -> list[str]:
    """The ids of the files that are ticked, in the order of the page."""
    return [name.removeprefix(FILE) for name in form if name.startswith(FILE)]


def _keys(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    errors: dict[str, str] = {}
    numbers = {name: _number(form, name, most, errors) for name, most in _NUMBERS.items()}
    unit = form.get("timeframe", "")
    if unit not in UNITS:
        errors["ttl"] = "Choose days, months or years."
    expires = {"ttl": numbers["ttl"], "timeframe": unit} if numbers["ttl"] else None
    admin = form.get("customer_admin") == "true"
    activations = {"limit": numbers["devices"], "enable_customer_admin": admin} if numbers["devices"] else None
    prefix = form.get("prefix", "").strip() or None
    return {"prefix": prefix, "expires": expires, "activations": activations, "limit_usage": numbers["uses"]}, errors


def _feature(_: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    return {}, {}


_NUMBERS = {"ttl": _MOST_YEARS, "devices": _MOST, "uses": _MOST}
_PROPERTIES: Mapping[str, Callable[[Mapping[str, str]], tuple[dict[str, Any], dict[str, str]]]] = {
    "custom": _note,
    "downloadables": _files,
    "license_keys": _keys,
    "feature_flag": _feature,
}


def _number(form: Mapping[str, str], name: str, most: int, errors: dict[str, str]) -> int | None:
    typed = form.get(name, "").strip()
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 11 else 0
    if not 1 <= number <= most:
        errors[name] = f"Enter a number from 1 to {most:,}, or nothing."
    return number


def form_of(benefit: Benefit) -> dict[str, str]:
    """The fields of a benefit that is there; those of its files are ticked in their order."""
    form = {"description": benefit.description, "visible": "true" if benefit.visibility == "public" else ""}
    match benefit.properties:
        case CustomProperties(note=note):
            return form | {"note": note or ""}
        case DownloadablesProperties(files=files):
            return form | {f"{FILE}{file_id}": "true" for file_id in files}
        case LicenseKeysProperties() as keys:
            return form | _fields_of_keys(keys)
    return form | {"metadata": written_values(benefit.metadata)}


def _fields_of_keys(properties: LicenseKeysProperties) -> dict[str, str]:
    expires, activations = properties.expires, properties.activations
    return {
        "prefix": properties.prefix or "",
        "ttl": str(expires.ttl) if expires else "",
        "timeframe": expires.timeframe if expires else "year",
        "devices": str(activations.limit) if activations else "",
        "customer_admin": "true" if activations and activations.enable_customer_admin else "",
        "uses": str(properties.limit_usage or ""),
    }


def kind_of(benefit: Benefit) -> str:
    """The kind, as the API calls the type."""
    return str(benefit.__struct_config__.tag)


def read_values(text: str) -> Metadata:
    """Metadata from lines such as `seats = 5`; what is no number, true or false is a text."""
    lines = (line.partition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): _read_value(value.strip()) for name, _, value in lines}


def _read_value(text: str) -> str | int | float | bool:
    try:
        value: str | int | float | bool = msgspec.json.decode(text, type=str | int | float | bool)
    except msgspec.DecodeError:
        return text
    # No database keeps NUL, which a text in quotation marks can spell.
    return text if isinstance(value, str) and "\0" in value else value


def written_values(metadata: Metadata) -> str:
    """The same lines; a text that would read as something else stands in quotation marks."""
    return "\n".join(f"{name} = {_written(value)}" for name, value in metadata.items())


def _written(value: str | float | bool) -> str:
    if isinstance(value, str) and read_values(f"x = {value}") == {"x": value}:
        return value
    return msgspec.json.encode(value).decode()


def has_plain_values(benefit: Benefit) -> bool:
    """Whether lines can say the benefit's metadata; what an app keeps there may hold signs that they cannot."""
    return read_values(written_values(benefit.metadata)) == benefit.metadata
