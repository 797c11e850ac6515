"""SQL of what one person allowed and registered: to be taken away, and to end with their account."""

import json
from typing import Any

from polar_server.database import Statement, Transaction

_CONNECTED_APPS = Statement("""
    SELECT c.client_id, c.name, k.sub_type, NULLIF(k.organization_id, '') AS organization_id, k.scope, k.created_at,
        k.modified_at
    FROM consents k JOIN clients c ON c.client_id = k.client_id
    WHERE k.user_id = :user_id ORDER BY k.created_at, c.client_id, k.organization_id
""")
_GRANTS = Statement("""
    SELECT g.id, g.client_id, g.sub_type, g.organization_id, g.scope, g.created_at, g.revoked_at, g.revocation_reason
    FROM grants g WHERE g.user_id = :user_id ORDER BY g.id
""")
_REGISTERED_APPS = Statement("""
    SELECT client_id, name, redirect_uris, scope, client_uri, logo_uri, policy_uri, tos_uri, created_at, modified_at
    FROM clients WHERE owner_id = :user_id AND deleted_at IS NULL ORDER BY client_id
""")
_REVOKE_GRANTS = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = 'the person deleted their account'
    WHERE user_id = :user_id AND revoked_at IS NULL
""")
_FORGET_CONSENTS = Statement("DELETE FROM consents WHERE user_id = :user_id")
# Those that an operator has shut out, too: nobody can let them in again.
_DELETE_CLIENTS = Statement("""
    UPDATE clients SET deleted_at = :now, disabled_at = NULL
    WHERE owner_id = :user_id AND (deleted_at IS NULL OR disabled_at IS NOT NULL)
""")


async def kept_of_person(tx: Transaction, user_id: str) -> dict[str, Any]:
    """Connected apps, grants, and apps of the person's own, for the file that they take away. Times are seconds."""
    registered = [dict(row) for row in await tx.all(_REGISTERED_APPS, user_id=user_id)]
    return {
        "connected_apps": [dict(row) for row in await tx.all(_CONNECTED_APPS, user_id=user_id)],
        "grants": [dict(row) for row in await tx.all(_GRANTS, user_id=user_id)],
        "registered_apps": [{**app, "redirect_uris": json.loads(app["redirect_uris"])} for app in registered],
    }


async def end_with_person(tx: Transaction, user_id: str, now: int) -> None:
    """End what the person allowed and the apps that they registered: nobody is left who answers for those."""
    await tx.run(_REVOKE_GRANTS, user_id=user_id, now=now)
    await tx.run(_FORGET_CONSENTS, user_id=user_id)
    await tx.run(_DELETE_CLIENTS, user_id=user_id, now=now)
