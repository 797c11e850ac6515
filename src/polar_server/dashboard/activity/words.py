"""The facts of an entry in words: what was changed, from what to what."""

from collections.abc import Mapping
from typing import Any

from polar_server.resource_server.money import money

_VALUES = {
    True: "yes",
    False: "no",
    "pwd": "with the password",
    "pwd otp": "with the password and a code",
    "hwk": "with a passkey",
}
_NAMES = {"methods": "", "overlap": "seconds for which both work", "is_test": "test organization"}


def facts_of(detail: Mapping[str, Any]) -> list[str]:
    """A line for each fact, such as `changed: name, prices`. What is empty, or has parts of its own, is left out."""
    lines = ((_NAMES.get(name, name.replace("_", " ")), _in_words(value)) for name, value in _priced(detail).items())
    return [f"{name}: {value}" if name else value for name, value in lines if value]


def _priced(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    amount, currency = detail.get("amount"), detail.get("currency")
    if not isinstance(amount, int) or not isinstance(currency, str):
        return detail
    others = {name: value for name, value in detail.items() if name != "currency"}
    return {**others, "amount": money(amount, currency)}


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value)
    if value is None or isinstance(value, Mapping):
        return ""
    return _VALUES.get(value, str(value)) if isinstance(value, bool | str) else f"{value:,}"
