"""What can be done with customers. Each is one transaction: the change, its events, and its entry of the audit log."""

from collections.abc import Sequence

from polar_server import audit
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names, tell
from polar_server.resources.customers import changes, deleting
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.deleting import OnDeletion
from polar_server.resources.customers.finding import Find, lock
from polar_server.resources.customers.rules import naming_what_is_taken
from polar_server.resources.customers.schemas import Customer, CustomerCreate, CustomerUpdateExternalID

READ, WRITE = "customers:read", "customers:write"


async def create_customer(server: AuthorizationServer, caller: Caller, sent: CustomerCreate) -> Customer:
    """Create a customer. Raises RequestValidationError, NotPermitted."""
    organization_id, now = caller.organization_for(sent.organization_id, WRITE), int(server.clock())
    with naming_what_is_taken():
        async with server.database.write() as tx:
            row = await changes.create_customer(tx, sent, organization_id, now)
            customer = customer_of(row)
            await tell(tx, caller, "customer.created", organization_id, customer, now)
            await changes.tell_state_of(tx, row, now)
            return customer


async def update_customer(
    server: AuthorizationServer, caller: Caller, find: Find, sent: CustomerUpdateExternalID
) -> Customer:
    """Change what is sent. Raises RequestValidationError, NotPermitted, and as `find` does."""
    now = int(server.clock())
    with naming_what_is_taken():
        async with server.database.write() as tx:
            current = await lock(tx, caller, find)
            caller.require(current["organization_id"], WRITE)
            row = await changes.update_customer(tx, current, sent, now)
            customer = customer_of(row)
            await tell(
                tx, caller, "customer.updated", customer.organization_id, customer, now, changed=sent_names(sent)
            )
            await changes.tell_state_of(tx, row, now)
            return customer


async def delete_customer(
    server: AuthorizationServer, caller: Caller, find: Find, on_deletion: Sequence[OnDeletion], *, anonymize: bool
) -> None:
    """Delete a customer, and with `anonymize` what tells who it was. Raises NotPermitted, and as `find` does."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await find(tx, caller)
        organization_id, is_there = current["organization_id"], current["deleted_at"] is None
        caller.require(organization_id, WRITE)
        if is_there:
            held = await lock(tx, caller, find)
            await deleting.delete_customer(tx, server, held, on_deletion, now, anonymize=anonymize)
        else:
            await deleting.anonymize_customer(tx, current)
        gone = Target(current["id"], current["name"] or current["email"])
        act = "customer.deleted" if is_there else "customer.anonymized"
        await record_act(tx, caller, act, organization_id, gone, now, anonymized=anonymize)
        if anonymize:
            await audit.forget_name(tx, organization_id, gone.id)
