"""An entry of the audit log, and who acted."""

from dataclasses import dataclass
from typing import Any

import msgspec

from polar_server.audit import queries
from polar_server.audit.acts import ACTS
from polar_server.database import Transaction
from polar_server.database.ordered_ids import ordered_id

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, through an app or on our pages, from a network address; nobody known has no user_id."""

    user_id: str | None
    client_id: str | None = None
    address: str = ""
    user_agent: str = ""


OPERATOR = Actor(None, user_agent="operator at the command line")
"""Whoever runs the command line. Other people's accounts, clients and keys are within their reach."""


@dataclass(frozen=True, slots=True)
class About:
    """What an act was done to, as far as there is something of each: `name` is what people call the thing now.

    `user_id` is whose account it concerns, and `organization_id` whose thing it is.
    """

    organization_id: str | None = None
    user_id: str | None = None
    id: str | None = None
    name: str | None = None


async def record(tx: Transaction, actor: Actor, act: str, about: About, now: int, **detail: Any) -> None:
    """Store an entry in the transaction of its act, so that there is one if and only if the act took place.

    `act` is one of ACTS. `detail` holds plain facts: never a secret, and no text that one person wrote to another.
    """
    assert act in ACTS, f"{act} is not among the acts"
    await queries.add_entry(
        tx,
        id=ordered_id(),
        at=now,
        act=act,
        user_id=actor.user_id,
        client_id=actor.client_id,
        organization_id=about.organization_id,
        subject_user_id=about.user_id,
        target_id=about.id,
        target_name=about.name[:_LONGEST_NAME] if about.name else None,
        address=actor.address,
        user_agent=actor.user_agent,
        detail=msgspec.json.encode(detail).decode(),
    )
