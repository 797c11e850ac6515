"""The body that an endpoint gets: the event itself, or a message for people in a chat."""

import json
from typing import Any

import msgspec

from polar_server.database import Row
from polar_server.resource_server.events import payload_for

_TITLE = 200


def body_of(row: Row) -> str | None:
    """The body for a row with payload, format and api_version; None when the payload is archived."""
    if row["payload"] is None:
        return None
    raw = payload_for(row["payload"], row["api_version"])
    match row["format"]:
        case "discord":
            return json.dumps(_discord(*_words(raw)), ensure_ascii=False)
        case "slack":
            return json.dumps(_slack(*_words(raw)), ensure_ascii=False)
        case _:
            return raw


def _words(raw: str) -> tuple[str, str]:
    """What happened, and the name of what it happened to."""
    event = msgspec.json.decode(raw)
    kind = str(event["type"]).replace("_", " ").replace(".", " ").capitalize()
    if event.get("test"):
        kind = f"Test: {kind}"
    return kind, str(_name(event["data"]))[:_TITLE]


def _name(data: dict[str, Any]) -> Any:
    return data.get("name") or data.get("email") or data.get("description") or data.get("id") or ""


def _discord(kind: str, name: str) -> dict[str, Any]:
    # A customer's name may say @everyone: it must call nobody.
    return {"content": f"**{kind}**\n{name}", "allowed_mentions": {"parse": []}}


def _slack(kind: str, name: str) -> dict[str, Any]:
    # Slack's three control characters, or a name could hide a link or call a channel.
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": f"*{kind}*\n{escaped}"}
