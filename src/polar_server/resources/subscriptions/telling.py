"""What others are told of a subscription: events with the whole of it, and the sale that its benefits came from."""

import json

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType, record_events
from polar_server.resources.benefit_grants.granting import Sale
from polar_server.resources.subscriptions.answers import subscriptions_of


def sale_of(row: Row) -> Sale:
    """The subscription as what its benefits came from."""
    return Sale(row["organization_id"], row["customer_id"], subscription_id=row["id"])


async def tell(tx: Transaction, server: AuthorizationServer, row: Row, now: int, *types: EventType) -> None:
    """Record these events of a subscription."""
    organization_id = row["organization_id"]
    [shown] = await subscriptions_of(tx, [row], json.dumps([organization_id]), server.issuer)
    await record_events(tx, organization_id, types, shown, now)
