"""SQL of activity: what things of an organization are called now."""

import json
from collections.abc import Iterable

from polar_server.database import Statement, Transaction
from polar_server.resource_server.filter_queries import within

_WITHIN = within("id", "ids")
# An endpoint may have no name, and then its host says which it is.
_FIND_NAMES = Statement(
    *(
        f"""
        SELECT id, COALESCE(name, email) AS name, NULL AS url FROM customers
        WHERE organization_id = :organization_id AND {asked}
        UNION ALL
        SELECT id, name, url FROM webhook_endpoints WHERE organization_id = :organization_id AND {asked}
        UNION ALL
        SELECT id, name, NULL FROM organization_tokens WHERE organization_id = :organization_id AND {asked}
        """
        for asked in _WITHIN
    )
)


async def find_names(tx: Transaction, organization_id: str, ids: Iterable[str]) -> dict[str, tuple[str | None, str]]:
    """The name of each of these things that is a customer, a webhook endpoint or an access token, and its URL."""
    found = await tx.all(_FIND_NAMES, organization_id=organization_id, ids=json.dumps(list(ids)))
    return {row["id"]: (row["name"], row["url"] or "") for row in found}
