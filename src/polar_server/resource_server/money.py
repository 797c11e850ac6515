"""Amounts as people write and read them. The API knows minor units only."""

import re

_WHOLE = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())  # noqa: SIM905 - words
"""Currencies without a smaller unit."""
_SIGNS = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "aud": "A$", "brl": "R$", "cad": "CA$", "cny": "CN¥",
    "hkd": "HK$", "ils": "₪", "inr": "₹", "krw": "₩", "mxn": "MX$", "nzd": "NZ$", "php": "₱", "twd": "NT$",
    "vnd": "₫", "xcd": "EC$",
}  # fmt: skip
"""What English writes in front of the number (CLDR); any other currency is named by its code."""
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9}")


def digits_of(currency: str) -> int:
    """How many digits of an amount stand behind the point."""
    return 0 if currency in _WHOLE else 2


def money(amount: int, currency: str) -> str:
    """`$1,250.00`, `¥800`, `CHF 12.50`: an amount in minor units, with its currency."""
    sign = _SIGNS.get(currency, f"{currency.upper()}\u00a0")
    return f"{'-' if amount < 0 else ''}{sign}{decimal(abs(amount), currency, grouped=True)}"


def decimal(amount: int, currency: str, *, grouped: bool = False) -> str:
    """`1250.00`: an amount in minor units as a number, such as stands in a field."""
    digits = digits_of(currency)
    whole, rest = divmod(amount, 10**digits)
    number = f"{whole:,}" if grouped else str(whole)
    return f"{number}.{rest:0{digits}}" if digits else number


def read_amount(text: str, currency: str) -> int | None:
    """Minor units of what somebody typed, such as `12`, `12.5`, `12,50` or `1,250.00`; None when it is no amount."""
    sign = _SIGNS.get(currency, "")
    typed = re.sub(r"\s", "", text).removeprefix(sign).removesuffix(sign)
    typed = re.sub(f"^{currency}|{currency}$", "", typed, flags=re.IGNORECASE)
    digits = digits_of(currency)
    # With one or two digits behind it, a comma is a point; with three it groups.
    found = re.fullmatch(r"(.*?)[.,]([0-9]{1,2})", typed) if digits else None
    whole, rest = (found[1], found[2]) if found else (typed, "")
    if not _GROUPED.fullmatch(whole):
        return None
    scale: int = 10**digits
    return int(whole.replace(",", "")) * scale + int(rest.ljust(digits, "0") or 0)
