"""Deleting a customer: what it has ends, its cards are let go, and its row stays for the orders that refer to it."""

import json
from collections.abc import Awaitable, Callable, Sequence

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import record_event
from polar_server.resources.customers import payment_method_queries as cards
from polar_server.resources.customers import queries
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.changes import tell_state

OnDeletion = Callable[[Transaction, AuthorizationServer, Row, int], Awaitable[None]]
"""What else ends with a customer, in the same transaction: given its row, held, while it is still there."""

GivenOnDeletion = NamedDependency[SkipValidation[Sequence[OnDeletion]]]
"""The parameter of an endpoint: what Litestar hands in by its name. The resources further on decide what it is."""


async def delete_customer(
    tx: Transaction,
    server: AuthorizationServer,
    current: Row,
    on_deletion: Sequence[OnDeletion],
    now: int,
    *,
    anonymize: bool,
) -> None:
    """Delete a customer that is held; the row stays. With `anonymize`, also what tells who it was."""
    customer_id, organization_id = current["id"], current["organization_id"]
    for end in on_deletion:
        await end(tx, server, current, now)
    if not anonymize:
        await tell_state(tx, organization_id, customer_id, now)
    await cards.forget_tokens(tx, customer_id, organization_id, now)
    await queries.delete_customer(tx, customer_id, organization_id, now)
    if anonymize:
        await anonymize_customer(tx, current)
    await _tell(tx, current, now, anonymize=anonymize)


async def anonymize_customer(tx: Transaction, current: Row) -> None:
    """Remove what tells who a deleted customer was."""
    place = (current["id"], current["organization_id"])
    # Nothing of the old address: a hash of one can be guessed back. RFC 2606 keeps `.invalid` from ever existing.
    await queries.anonymize_customer(tx, *place, f"{current['id']}@anonymous.invalid")
    await cards.forget_cards(tx, *place)


async def _tell(tx: Transaction, current: Row, now: int, *, anonymize: bool) -> None:
    organization_id = current["organization_id"]
    row = await queries.find_customer_also_deleted(tx, current["id"], json.dumps([organization_id]))
    assert row is not None, "a deleted customer keeps its row"
    gone = customer_of(row)
    # By this id the receiver knows the customer; whoever asked for anonymity has no id any more.
    gone.external_id = None if anonymize else current["external_id"]
    await record_event(tx, organization_id, "customer.deleted", gone, now)
    if anonymize:
        await tell_state(tx, organization_id, current["id"], now)
