"""What can be done with benefits. Each is one transaction: the change, its event, and its entry of the audit log."""

from msgspec import structs

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import record_act, sent_names, tell
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound
from polar_server.resource_server.events import record_event
from polar_server.resource_server.times import moment
from polar_server.resources.benefits import changes, queries
from polar_server.resources.benefits.schemas import BenefitCreate, BenefitUpdate

READ, WRITE = "benefits:read", "benefits:write"


async def create_benefit(server: AuthorizationServer, caller: Caller, sent: BenefitCreate) -> Benefit:
    """Create a benefit. Raises RequestValidationError, NotPermitted."""
    organization_id, now = caller.organization_for(sent.organization_id, WRITE), int(server.clock())
    async with server.database.write() as tx:
        benefit_id = await changes.create_benefit(tx, sent, organization_id, now)
        benefit = await shown(tx, benefit_id, caller)
        await tell(tx, caller, "benefit.created", organization_id, benefit, now)
        return benefit


async def update_benefit(server: AuthorizationServer, caller: Caller, benefit_id: str, sent: BenefitUpdate) -> Benefit:
    """Change what is sent. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, benefit_id, caller)
        await changes.update_benefit(tx, current, sent, now)
        benefit = await shown(tx, benefit_id, caller)
        await tell(tx, caller, "benefit.updated", benefit.organization_id, benefit, now, changed=sent_names(sent))
        return benefit


async def delete_benefit(server: AuthorizationServer, caller: Caller, benefit_id: str) -> None:
    """Delete a benefit, take it from every product, and revoke its grants. Raises ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, benefit_id, caller)
        if not current["deletable"]:
            raise NotPermitted("This benefit cannot be deleted.")
        await changes.delete_benefit(tx, current, now)
        deleted = structs.replace(benefit_of(current), is_deleted=True, modified_at=moment(now))
        await record_event(tx, deleted.organization_id, "benefit.updated", deleted, now)
        await record_act(tx, caller, "benefit.deleted", deleted.organization_id, deleted, now)


async def shown(tx: Transaction, benefit_id: str, caller: Caller) -> Benefit:
    """The benefit as the API shows it. Raises ResourceNotFound."""
    return benefit_of(present(await queries.find_benefit(tx, benefit_id, caller.reach())))


def present(row: Row | None) -> Row:
    """The row. Raises ResourceNotFound when there is none."""
    if row is None:
        raise ResourceNotFound
    return row


async def _locked(tx: Transaction, benefit_id: str, caller: Caller) -> Row:
    """The benefit, for a change that the person's role must allow."""
    row = present(await queries.lock_benefit(tx, benefit_id, caller.reach()))
    caller.require(row["organization_id"], WRITE)
    return row
