"""What was typed about an endpoint, as the API takes it; the events stand in groups."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, get_args

from polar_server.resource_server.events import EventType
from polar_server.resources.webhooks.schemas import WebhookEndpoint

FORMATS = {
    "raw": "JSON, for a program of yours",
    "discord": "A message in a Discord channel",
    "slack": "A message in a Slack channel",
}
FIELDS = ("url", "name", "format", "events")

PREFIX = "event-"
"""Before the type's name in the name of its box: a form may not say one name twice."""
CHOOSE = "choose_events"
"""The name of the buttons that tick all boxes or none; their values are `all` and `none`."""

_TITLES = {
    "checkout": "Checkouts",
    "customer": "Customers",
    "order": "Orders",
    "subscription": "Subscriptions",
    "refund": "Refunds",
    "product": "Products",
    "benefit": "Benefits",
    "benefit_grant": "Benefits of customers",
    "organization": "The organization",
}
# The API takes them, for clients that know them; nothing here raises them, so nobody need wait for them.
_NEVER_SENT = frozenset({"refund.updated", "subscription.migrated"})


def _group(event_type: str) -> str:
    return event_type.partition(".")[0]


TYPES: tuple[EventType, ...] = tuple(
    name for name in get_args(EventType) if _group(name) in _TITLES and name not in _NEVER_SENT
)
"""The events that can be chosen."""
GROUPS = {_TITLES[name]: tuple(types) for name, types in groupby(TYPES, _group)}
"""The same under their titles."""


def boxes_of(types: Iterable[str]) -> dict[str, str]:
    """The fields of a form in which these events are ticked."""
    return {f"{PREFIX}{name}": "true" for name in types}


def after_choice(form: Mapping[str, str]) -> dict[str, str] | None:
    """The form as it is to be shown again after one of the two buttons; None when it was sent by another one."""
    if (choice := form.get(CHOOSE)) is None:
        return None
    others = {name: text for name, text in form.items() if name != CHOOSE and not name.startswith(PREFIX)}
    return others | boxes_of(TYPES if choice == "all" else ())


def sent_of(form: Mapping[str, str], kept: Iterable[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of a new or changed endpoint, and a sentence for each field that cannot be read.

    `kept` are the events that an endpoint has already. Of those, the ones that nobody can tick here stay.
    """
    ticked = [name.removeprefix(PREFIX) for name in form if name.startswith(PREFIX)]
    sent = {
        "url": form.get("url", "").strip(),
        "name": form.get("name", "").strip() or None,
        "format": form.get("format", ""),
        "events": [*ticked, *(name for name in kept if name not in TYPES)],
    }
    errors = {} if sent["url"] else {"url": "Enter the URL that events are sent to."}
    if sent["format"] not in FORMATS:
        errors["format"] = "Choose one of these."
    if not sent["events"]:
        errors["events"] = "Choose at least one event."
    return sent, errors


def testable(endpoint: WebhookEndpoint) -> list[EventType]:
    """The events that a test can be of: those that the endpoint asked for, or all when it asked for none of them."""
    return [name for name in TYPES if name in endpoint.events] or list(TYPES)


def changes_of(sent: Mapping[str, Any], endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What was sent that is not so already."""
    same_events = set(sent["events"]) == set(endpoint.events)
    changed = {name: value for name, value in sent.items() if value != getattr(endpoint, name)}
    return {name: value for name, value in changed.items() if not (name == "events" and same_events)}


def form_of(endpoint: WebhookEndpoint) -> dict[str, str]:
    """The fields of an endpoint that is there."""
    fields = {"url": endpoint.url, "name": endpoint.name or "", "format": endpoint.format}
    return fields | boxes_of(endpoint.events)
