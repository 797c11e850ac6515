"""What a page of the audit log is asked for: a kind of act, a person, an app and days, all in its address."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from polar_server.dashboard.activity.words import facts_of
from polar_server.dashboard.lists import Asked, asked_of
from polar_server.html import PageRequest
from polar_server.resource_server.audit_log import Entry
from polar_server.resource_server.audit_queries import EntryFilter

KINDS = {
    "account": "Accounts",
    "app": "Connected apps",
    "client": "Registered apps",
    "organization": "The organization",
    "member": "Members",
    "invitation": "Invitations",
    "organization_token": "Access tokens",
    "token": "Tokens that leaked",
    "signing_key": "Signing keys",
    "product": "Products",
    "benefit": "Benefits",
    "license_key": "License keys",
    "file": "Files",
    "checkout": "Checkouts",
    "order": "Orders",
    "refund": "Refunds",
    "subscription": "Subscriptions",
    "customer": "Customers",
    "webhook_endpoint": "Webhook endpoints",
    "webhook_event": "Webhook events",
}
"""What acts are done to -> the word of the filter."""
OF_ORGANIZATIONS = {name: text for name, text in KINDS.items() if name not in ("account", "client", "signing_key")}
"""Those of which an organization's own log can tell."""

DAY = 86_400
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class AskedLog:
    """What is asked of a log, as addresses and as the log's own filter."""

    asked: Asked
    wanted: EntryFilter
    kinds: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, entry: Entry) -> str | None:
        """What the thing of an entry is called, as far as there is more to say than who acted."""
        name = entry.target_name or self.names.get(entry.target_id or "")
        return None if name == entry.who else name

    def facts(self, entry: Entry) -> str:
        """The facts of an entry in words."""
        return " · ".join(facts_of(entry.detail, self.names))

    @staticmethod
    def recorded(entry: Entry) -> str:
        """The facts of an entry as they were recorded, with every id."""
        return ", ".join(f"{name}: {json.dumps(value)}" for name, value in entry.detail.items())

    def only(self, **values: str) -> str:
        """The address with these filters too; an empty one opens that filter."""
        return self.asked.url(chosen={**self.asked.chosen, **values}, page=1)

    def export(self) -> str:
        """The address of the file with the same filters."""
        return replace(self.asked, path=f"{self.asked.path}/export", page=1).url()


def asked_of_log(request: PageRequest, kinds: Mapping[str, str] = KINDS) -> AskedLog:
    """What the address asks for. Days are days in UTC, and the last one counts whole."""
    query = request.query_params
    asked = asked_of(request, {}, "", kind=tuple(kinds))
    chosen = dict(asked.chosen)
    chosen |= {name: text if _ID.fullmatch(text := query.get(name, "")) else "" for name in ("person", "app")}
    since, until = (_start_of(query.get(name, "")) for name in ("from", "to"))
    chosen |= {"from": "" if since is None else query["from"], "to": "" if until is None else query["to"]}
    wanted = EntryFilter(
        act=chosen["kind"] or None,
        user_id=chosen["person"] or None,
        client_id=chosen["app"] or None,
        since=since,
        until=None if until is None else until + DAY,
    )
    return AskedLog(replace(asked, query="", chosen=chosen), wanted, kinds)


def _start_of(day: str) -> int | None:
    """The first second of a day in UTC, or None for what is no day."""
    if not _DAY.fullmatch(day):
        return None
    try:
        return int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp())
    except ValueError:
        return None
