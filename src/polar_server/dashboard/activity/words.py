"""The facts of an entry in words: what was changed, from what to what."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polar_server.html.words import duration
from polar_server.oauth.scopes import SCOPES, Access
from polar_server.resource_server.money import money

NAMED_FACTS = {"customer_id": "customer", "endpoint_id": "to"}
"""Facts that are ids, of things that have a name."""

_MEMBERS = {
    "allow_discount_codes": "discount codes",
    "allow_trial": "free trial",
    "api_version": "API version",
    "avatar_url": "avatar",
    "cancel_at_period_end": "whether it ends with its period",
    "current_billing_period_end": "day of the renewal",
    "custom_field_data": "own fields",
    "customer_billing_address": "address of the customer",
    "customer_billing_name": "name on the invoice",
    "customer_cancellation_comment": "the customer's words",
    "customer_cancellation_reason": "why the customer leaves",
    "customer_email": "email of the customer",
    "customer_name": "name of the customer",
    "customer_tax_id": "tax id of the customer",
    "default_presentment_currency": "currency",
    "default_tax_behavior": "tax",
    "discount_id": "discount",
    "embed_hosts": "sites that may show the checkout",
    "embed_origin": "site that shows it",
    "enabled": "whether it is enabled",
    "expires_at": "end",
    "external_id": "your own id",
    "format": "what it sends",
    "is_archived": "whether it is on sale",
    "is_business_customer": "whether a business buys",
    "limit_activations": "devices at a time",
    "limit_usage": "uses in all",
    "locale": "language",
    "medias": "pictures",
    "pause_at_period_end": "whether it pauses after its period",
    "pending_update": "what waits for the next period",
    "product_id": "product",
    "product_price_id": "price",
    "properties": "what it gives",
    "proration_behavior": "when the difference is paid",
    "recurring_interval": "how often it is paid",
    "recurring_interval_count": "how often it is paid",
    "require_billing_address": "whether an address is asked for",
    "resume": "whether it goes on",
    "resumes_at": "day on which it goes on",
    "return_url": "way back to the shop",
    "revoke": "",
    "socials": "social networks",
    "sso_enforced": "single sign-on",
    "subscription_settings": "subscriptions",
    "success_url": "page after paying",
    "trial_end": "end of the trial",
    "trial_interval": "free trial",
    "trial_interval_count": "free trial",
    "type": "kind",
    "url": "URL",
    "usage": "uses",
    "visibility": "who sees it",
}
"""Members of the API whose names are not plain words; what the act itself says is empty."""
_METHODS = {"pwd": "with the password", "pwd otp": "with the password and a code", "hwk": "with a passkey"}
_REASONS = {"mismatch": "the password was wrong", "disabled": "the account is shut out"}
_THINGS = {
    "openid": "who you are",
    "profile": "your name and picture",
    "email": "your email address",
    "user": "your account details",
    "metrics": "sales figures",
}


def facts_of(detail: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """A line for each fact, such as `changed: name, prices`; `names` are those of things, by their ids.

    An id whose name is not known, and what is empty or has parts of its own, is left out.
    """
    lines = [_told(name, value, names) for name, value in _joined(detail).items()]
    return [line for line in lines if line]


def _joined(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same facts, with one of two that say something together."""
    amount, currency, role, previous = (detail.get(name) for name in ("amount", "currency", "role", "previous"))
    if isinstance(amount, int) and isinstance(currency, str):
        return {**_without(detail, "currency"), "amount": money(amount, currency)}
    if isinstance(role, str) and isinstance(previous, str):
        return {**_without(detail, "previous"), "role": f"{previous}, now {role}"}
    return detail


def _without(detail: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in detail.items() if each != name}


def _told(name: str, value: Any, names: Mapping[str, str]) -> str:
    if name in NAMED_FACTS:
        return f"{NAMED_FACTS[name]}: {names[value]}" if value in names else ""
    if name.endswith("_id"):
        return ""
    if name in _FACTS:
        return _FACTS[name](value)
    if isinstance(value, bool):
        return name.replace("_", " ") if value else ""
    if isinstance(value, int):
        return _counted(value, name.replace("_", " "))
    return f"{name.replace('_', ' ')}: {value}" if isinstance(value, str) and value else ""


def _counted(count: int, things: str) -> str:
    return f"{count:,} {things.removesuffix('s') if count == 1 else things}"


def _changed(members: Iterable[str]) -> str:
    words = dict.fromkeys(_MEMBERS.get(member, member.replace("_", " ")) for member in members)
    told = ", ".join(each for each in words if each)
    return f"changed: {told}" if told else ""


def _allowed(names: Iterable[str]) -> str:
    """Scopes, as what may be seen and what may be changed."""
    may: dict[Access, list[str]] = {access: [] for access in Access}
    for scope in (SCOPES[name] for name in names if name in SCOPES):
        thing = scope.name.partition(":")[0]
        may[scope.access].append(_THINGS.get(thing, thing))
    verbs = {Access.IDENTITY: "may know", Access.READ: "may see", Access.WRITE: "may change"}
    return "; ".join(f"{verbs[access]}: {', '.join(things)}" for access, things in may.items() if things)


_FACTS: Mapping[str, Callable[[Any], str]] = {
    "anonymized": lambda _: "",
    "changed": _changed,
    "codes": lambda on: "one-time codes" if on else "",
    "count": lambda count: _counted(count, "sessions"),
    "days": lambda days: f"works for {_counted(days, 'days')}" if days else "",
    "is_test": lambda is_test: "a test organization" if is_test else "",
    "methods": lambda methods: _METHODS.get(methods, methods),
    "operator": lambda operator: "may run the server" if operator else "",
    "overlap": lambda seconds: f"both work for {duration(seconds)}" if seconds else "the old one ended at once",
    "place": lambda url: f"found at {url}" if url else "",
    "reason": lambda reason: _REASONS.get(reason, reason),
    "scope": lambda scope: _allowed(scope.split()),
    "scopes": _allowed,
}
