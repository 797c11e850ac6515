"""What can be done with organizations. Each is one transaction: the change, its event, its entry of the audit log."""

import json

from polar_server.accounts.organizations import SlugTaken
from polar_server.accounts.roles import may_manage
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import sent_names, tell
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound, invalid
from polar_server.resources.organizations import changes, queries
from polar_server.resources.organizations.answers import organization_of
from polar_server.resources.organizations.rules import CannotCreateOrganizationError
from polar_server.resources.organizations.schemas import Organization, OrganizationCreate, OrganizationUpdate


async def create_organization(server: AuthorizationServer, caller: Caller, sent: OrganizationCreate) -> Organization:
    """Found an organization, which the person owns. Raises RequestValidationError, CannotCreateOrganizationError."""
    require_person(caller)
    now = int(server.clock())
    try:
        async with server.database.write() as tx:
            organization_id = await changes.create_organization(tx, sent, caller.subject.user_id, now, caller.actor)
            row = await queries.find_organization(tx, organization_id, json.dumps([organization_id]))
    except SlugTaken as error:
        raise invalid("slug", "Another organization has this slug.", "value_error", sent.slug) from error
    return organization_of(present(row))


async def update_organization(
    server: AuthorizationServer, caller: Caller, organization_id: str, sent: OrganizationUpdate
) -> Organization:
    """Change what is sent, as one of its managers. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = present(await queries.lock_organization(tx, organization_id, caller.reach()))
        _require_manager(caller, organization_id)
        await changes.update_organization(tx, current, sent, now)
        changed = organization_of(present(await queries.find_organization(tx, organization_id, caller.reach())))
        await tell(tx, caller, "organization.updated", organization_id, changed, now, changed=sent_names(sent))
        return changed


def require_person(caller: Caller) -> None:
    """Raises CannotCreateOrganizationError: an organization founds no other."""
    if caller.is_organization:
        raise CannotCreateOrganizationError("Only a person creates organizations; this token is an organization's.")


def present(row: Row | None) -> Row:
    """The row. Raises ResourceNotFound when there is none."""
    if row is None:
        raise ResourceNotFound
    return row


def _require_manager(caller: Caller, organization_id: str) -> None:
    if caller.is_organization:
        raise NotPermitted("Only a person can change an organization; this token is the organization's.")
    role = caller.organizations[organization_id]
    if not may_manage(role):
        raise NotPermitted(f"Your role in this organization, {role.value}, does not allow changing it.")
