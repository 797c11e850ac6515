"""The end of an organization, over all that it has: people, apps, and what it sells."""

from polar_server.organization_deletion.deletion import (
    DeletedOrganization,
    SubscriptionsRenew,
    count_renewing,
    delete_organization,
)
from polar_server.organization_deletion.letters import letters_about

__all__ = ["DeletedOrganization", "SubscriptionsRenew", "count_renewing", "delete_organization", "letters_about"]
