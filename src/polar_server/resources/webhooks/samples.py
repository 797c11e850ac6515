"""Events that did not happen: what a test sends, with the data of a made-up sale, as if it were of this minute.

The files were recorded from the API: one customer, who subscribed to one product. `payload_of` makes them theirs.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from polar_server.resource_server.events import EventType

_FOLDER = Path(__file__).parent / "templates" / "samples"
_RECORDED = "2027-01-15T08:00:00Z"
"""When the files were recorded; in them it is the present."""
_ORGANIZATION = "ae24444b-c9c1-42d4-a92e-669db8f7cb6a"
"""The organization of which they were recorded."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_FILES = {"customer.state_changed": "customer_state"}
"""Events whose data are not the thing that their name begins with."""
_CHANGES: dict[str, dict[str, Any]] = {
    "checkout.created": {"status": "open"},
    "checkout.expired": {"status": "expired"},
    "customer.deleted": {"deleted_at": _RECORDED},
    "order.refunded": {"status": "refunded", "refunded_amount": 1900},
    "subscription.canceled": {"cancel_at_period_end": True, "canceled_at": _RECORDED},
    "subscription.past_due": {"status": "past_due", "past_due_at": _RECORDED},
    "subscription.paused": {"status": "paused", "paused_at": _RECORDED},
    "subscription.revoked": {"status": "canceled", "canceled_at": _RECORDED, "ended_at": _RECORDED},
    "benefit_grant.revoked": {"is_granted": False, "is_revoked": True, "revoked_at": _RECORDED},
}
"""In what an event's data are other than those in the file."""


def payload_of(event_type: EventType, organization_id: str, now: int) -> str:
    """What an endpoint is told, marked as a test. `now` is epoch seconds; raises FileNotFoundError for other events."""
    name = _FILES.get(event_type, event_type.partition(".")[0])
    data = json.loads((_FOLDER / f"{name}.json").read_text()) | _CHANGES.get(event_type, {})
    later = datetime.fromtimestamp(now, UTC) - _read(_RECORDED)
    told = {"type": event_type, "timestamp": _RECORDED, "test": True, "data": data}
    text = json.dumps(told, ensure_ascii=False).replace(_ORGANIZATION, organization_id)
    return _MOMENT.sub(lambda found: _shifted(found[0], later), text)


def _shifted(text: str, later: timedelta) -> str:
    return f"{_read(text) + later:%Y-%m-%dT%H:%M:%SZ}"


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
