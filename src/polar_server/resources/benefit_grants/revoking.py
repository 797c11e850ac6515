"""Grants that end with somebody or something else than their sale."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.benefit_grants import queries
from polar_server.resources.benefit_grants.granting import revoke


async def revoke_of_customer(tx: Transaction, _: AuthorizationServer, customer: Row, now: int) -> None:
    """Revoke whatever a customer has, whose row is held."""
    for row in await queries.lock_live_of_customer(tx, customer["id"], customer["organization_id"]):
        await revoke(tx, row, now)
