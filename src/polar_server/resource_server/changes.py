"""What every change of a resource leaves behind: an entry of the audit log and, for most, an event."""

from typing import Any, NamedTuple, Protocol

from msgspec import UNSET, Struct

from polar_server import audit
from polar_server.database import Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.events import EventType, record_event

# Never a URL: those of some receivers are secrets.
_NAMES = ("name", "invoice_number", "description", "email")


class Shown(Protocol):
    """A thing as the API shows it."""

    id: str


class Target(NamedTuple):
    """A thing that is not shown any more, or that has no name of its own."""

    id: str
    name: str | None


async def tell(
    tx: Transaction, caller: Caller, act: EventType, organization_id: str, shown: Shown, now: int, **detail: Any
) -> None:
    """Record the event and the act, which have the same name. `detail` are facts for the audit log alone."""
    await record_event(tx, organization_id, act, shown, now)
    await record_act(tx, caller, act, organization_id, shown, now, **detail)


async def record_act(
    tx: Transaction, caller: Caller, act: str, organization_id: str, thing: Shown | Target, now: int, **detail: Any
) -> None:
    """Record the act alone: what happened is no event, or is told by whatever did it."""
    name = next((name for each in _NAMES if (name := getattr(thing, each, None))), None)
    await audit.record(tx, caller.actor, act, audit.About(organization_id, None, thing.id, name), now, **detail)


def sent_names(sent: Struct) -> list[str]:
    """What a change is about: the names of the members that were sent, without their values.

    The published clients send null for what they do not change.
    """
    return [name for name in sent.__struct_fields__ if getattr(sent, name) not in (UNSET, None)]
