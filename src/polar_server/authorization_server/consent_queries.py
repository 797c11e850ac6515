"""SQL of remembered consents and of the apps that a person connected."""

from dataclasses import dataclass
from typing import Any

from polar_server.authorization_server.client_queries import (
    REGISTERED_CLIENT,
    REGISTERED_CLIENT_COLUMNS,
    registered_client_of,
)
from polar_server.database import Statement, Transaction
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.subjects import Subject, SubjectType

# As a grant does, a decision for an organization stands on the membership it was made in.
_MEMBERSHIP = """(
    SELECT m.id FROM memberships m WHERE m.organization_id = :organization_id AND m.user_id = :user_id
)"""
_FIND = Statement(f"""
    SELECT scope FROM consents
    WHERE user_id = :user_id AND client_id = :client_id AND sub_type = :sub_type AND organization_id = :organization_id
        AND (organization_id = '' OR membership_id = {_MEMBERSHIP})
""")
_SAVE = Statement(f"""
    INSERT INTO consents (user_id, client_id, sub_type, organization_id, membership_id, scope, created_at, modified_at)
    VALUES (:user_id, :client_id, :sub_type, :organization_id, {_MEMBERSHIP}, :scope, :now, :now)
    ON CONFLICT (user_id, client_id, sub_type, organization_id)
    DO UPDATE SET scope = :scope, membership_id = excluded.membership_id, modified_at = :now
""")
_FORGET = Statement("""
    DELETE FROM consents
    WHERE user_id = :user_id AND client_id = :client_id AND sub_type = :sub_type AND organization_id = :organization_id
""")
_REVOKE_GRANTS = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = 'ended by the person'
    WHERE user_id = :user_id AND client_id = :client_id AND sub_type = :sub_type
        AND COALESCE(organization_id, '') = :organization_id AND revoked_at IS NULL
""")
_LIST_CONNECTED_APPS = Statement(f"""
    SELECT {REGISTERED_CLIENT}, k.sub_type, k.organization_id, k.scope AS consent_scope, k.created_at AS connected_at,
        COALESCE((
            SELECT max(t.created_at) FROM grants g JOIN refresh_tokens t ON t.grant_id = g.id
            WHERE g.user_id = k.user_id AND g.client_id = k.client_id AND g.sub_type = k.sub_type
                AND COALESCE(g.organization_id, '') = k.organization_id AND g.revoked_at IS NULL
        ), k.modified_at) AS last_used_at
    FROM consents k JOIN clients c ON c.client_id = k.client_id AND c.deleted_at IS NULL
    WHERE k.user_id = :user_id
    ORDER BY k.modified_at DESC, k.client_id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """An app that a person allowed, with what it may do, for whom, since when and when it last did (seconds)."""

    client: RegisteredClient
    sub_type: SubjectType
    organization_id: str | None
    scope: str
    connected_at: int
    last_used_at: int

    @property
    def id(self) -> str:
        """What a form names it by."""
        return f"{self.client.client_id}.{self.organization_id or ''}"


async def find_consent(tx: Transaction, client_id: str, subject: Subject) -> frozenset[str] | None:
    """The scopes that the person allowed this client for this subject before, as the member they are now, or None."""
    row = await tx.first(_FIND, **_key(client_id, subject))
    return frozenset(row[0].split()) if row else None


async def save_consent(tx: Transaction, client_id: str, subject: Subject, scope: str, now: int) -> None:
    """Remember a decision in place of the earlier one."""
    await tx.run(_SAVE, **_key(client_id, subject), scope=scope, now=now)


async def end_connected_app(tx: Transaction, client_id: str, subject: Subject, now: int) -> bool:
    """Forget the decision and end what was granted on it. False when there was none."""
    ended = await tx.run(_REVOKE_GRANTS, **_key(client_id, subject), now=now)
    return await tx.run(_FORGET, **_key(client_id, subject)) + ended > 0


async def list_connected_apps(tx: Transaction, user_id: str, limit: int) -> list[ConnectedApp]:
    """The apps of a person, last allowed first."""
    rows = await tx.all(_LIST_CONNECTED_APPS, user_id=user_id, limit=limit)
    return [_connected_app(list(row), registered_client_of(row)) for row in rows]


def _connected_app(columns: list[Any], client: RegisteredClient) -> ConnectedApp:
    sub_type, organization_id, scope, connected_at, last_used_at = columns[REGISTERED_CLIENT_COLUMNS:]
    return ConnectedApp(client, SubjectType(sub_type), organization_id or None, scope, connected_at, last_used_at)


def _key(client_id: str, subject: Subject) -> dict[str, str]:
    return {
        "user_id": subject.user_id,
        "client_id": client_id,
        "sub_type": subject.type.value,
        "organization_id": subject.organization_id or "",
    }
