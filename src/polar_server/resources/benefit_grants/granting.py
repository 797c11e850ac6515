"""What a sale gives: the grants of its product's benefits, and no others."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.benefit_grants import license_keys, queries
from polar_server.resources.benefit_grants.properties import new_properties, next_properties
from polar_server.resources.benefit_grants.telling import find_customer, tell, tell_known
from polar_server.resources.benefits import queries as benefits


@dataclass(frozen=True, slots=True)
class Sale:
    """What a customer bought: a subscription, or an order of something bought once."""

    organization_id: str
    customer_id: str
    subscription_id: str | None = None
    order_id: str | None = None


class Granted(NamedTuple):
    """A grant and its benefit."""

    row: Row
    benefit: Row


async def give(
    tx: Transaction, server: AuthorizationServer, sale: Sale, customer: Row, held: Sequence[Row], now: int
) -> list[Granted]:
    """Grant these benefits, which the caller holds, for a sale that is new in this transaction."""
    granted = [Granted(await _begin(tx, server, sale, benefit, now), benefit) for benefit in held]
    for row, benefit in granted:
        await tell_known(tx, "benefit_grant.created", row, customer, benefit, now)
    return granted


async def sync_grants(
    tx: Transaction, server: AuthorizationServer, sale: Sale, product_id: str | None, now: int
) -> bool:
    """Make the sale's live grants those of the product's benefits; None gives none. Whether anything changed.

    What lacks is granted, a revoked grant in its place again, and the rest is revoked. The caller holds the sale.
    """
    wanted = [] if product_id is None else await benefits.hold_of_product(tx, product_id, sale.organization_id)
    present = await queries.lock_of_sale(tx, sale.organization_id, sale.subscription_id, sale.order_id)
    ids = {benefit["id"] for benefit in wanted}
    extra = [row for row in present if row["granted_at"] is not None and row["benefit_id"] not in ids]
    for row in extra:
        await revoke(tx, row, now)
    lacking = _lacking(wanted, {row["benefit_id"]: row for row in present})
    if lacking:
        customer = await find_customer(tx, sale.customer_id, sale.organization_id)
        for benefit, revoked in lacking:
            await _give(tx, server, sale, customer, benefit, revoked, now)
    return bool(extra or lacking)


async def cycle_grants(tx: Transaction, sale: Sale, now: int) -> None:
    """Tell of each live grant that its subscription goes on for another period."""
    for row in await queries.list_of_sale(tx, sale.organization_id, sale.subscription_id, sale.order_id):
        if row["granted_at"] is not None:
            await tell(tx, "benefit_grant.cycled", row, now)


async def refresh(tx: Transaction, row: Row, benefit: Row, now: int) -> bool:
    """Give a live grant what its benefit has become; whether the grant itself changed."""
    await license_keys.revive_key(tx, row, benefit, row["granted_at"], now)
    properties = next_properties(row, benefit)
    if properties == row["properties"]:
        return False
    place = {"id": row["id"], "organization_id": row["organization_id"]}
    changed = await queries.change_grant(tx, **place, properties=properties, now=now)
    if changed is not None:
        await tell(tx, "benefit_grant.updated", changed, now, previous=json.loads(row["properties"]))
    return changed is not None


async def revoke(tx: Transaction, row: Row, now: int) -> bool:
    """Revoke a grant with its license key; whether it was live."""
    revoked = await queries.revoke_grant(tx, row["id"], row["organization_id"], now)
    if revoked is None:
        return False
    await license_keys.revoke_key(tx, revoked, now)
    await tell(tx, "benefit_grant.revoked", revoked, now)
    return True


def _lacking(wanted: Iterable[Row], present: Mapping[str, Row]) -> list[tuple[Row, Row | None]]:
    """The benefits that the sale does not give at present, each with the revoked grant that is its place."""
    places = [(benefit, present.get(benefit["id"])) for benefit in wanted]
    return [(benefit, row) for benefit, row in places if row is None or row["granted_at"] is None]


async def _give(
    tx: Transaction,
    server: AuthorizationServer,
    sale: Sale,
    customer: Row,
    benefit: Row,
    revoked: Row | None,
    now: int,
) -> None:
    row = await (_begin(tx, server, sale, benefit, now) if revoked is None else _give_again(tx, revoked, benefit, now))
    if row is not None:
        await tell_known(tx, "benefit_grant.created", row, customer, benefit, now)


async def _begin(tx: Transaction, server: AuthorizationServer, sale: Sale, benefit: Row, now: int) -> Row:
    key = license_keys.mint_for(benefit, server.entropy)
    row = await queries.add_grant(
        tx,
        id=str(uuid4()),
        organization_id=sale.organization_id,
        customer_id=sale.customer_id,
        benefit_id=benefit["id"],
        subscription_id=sale.subscription_id,
        order_id=sale.order_id,
        properties=new_properties(benefit, key),
        now=now,
    )
    if key is not None:
        await license_keys.keep_key(tx, server.server_keys, key, row, benefit, now)
    return row


async def _give_again(tx: Transaction, revoked: Row, benefit: Row, now: int) -> Row | None:
    place = {"id": revoked["id"], "organization_id": revoked["organization_id"]}
    row = await queries.grant_again(tx, **place, properties=next_properties(revoked, benefit), now=now)
    if row is not None:
        await license_keys.revive_key(tx, row, benefit, now, now)
    return row
