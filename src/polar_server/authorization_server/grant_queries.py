"""SQL of grants: what hangs from one is as alive as it is.

Whether a grant is alive is asked in the same statement that finds its code or token: it is not revoked, the
person is active and, for an organization, still a member.
"""

from collections.abc import Sequence
from typing import Any

from polar_server.accounts.roles import Role
from polar_server.database import Statement, Transaction
from polar_server.oauth.grants import Grant
from polar_server.oauth.subjects import Subject, SubjectType

GRANT = """
    g.id AS grant_id, g.client_id AS grant_client_id, g.sub_type, g.user_id, g.organization_id, g.scope AS grant_scope,
    (g.revoked_at IS NULL AND u.disabled_at IS NULL AND (g.organization_id IS NULL OR m.role IS NOT NULL)) AS alive,
    m.role
"""
GRANT_COLUMNS = 8
# A grant stands on the membership it was given in: who leaves and is taken in again has to be asked again.
WITH_GRANT = """
    LEFT JOIN grants g ON g.id = t.grant_id
    LEFT JOIN users u ON u.id = g.user_id
    LEFT JOIN memberships m
        ON m.organization_id = g.organization_id AND m.user_id = g.user_id AND m.id = g.membership_id
"""

# Looking a value up costs a fraction of calling its enumeration, and every token request does.
_ROLES: dict[str, Role] = {role.value: role for role in Role}
_SUB_TYPES: dict[str, SubjectType] = {sub_type.value: sub_type for sub_type in SubjectType}

_ADD_GRANT = Statement("""
    INSERT INTO grants (id, client_id, user_id, sub_type, organization_id, membership_id, scope, created_at)
    VALUES (:id, :client_id, :user_id, :sub_type, :organization_id, (
        SELECT m.id FROM memberships m WHERE m.organization_id = :organization_id AND m.user_id = :user_id
    ), :scope, :now)
""")
_REVOKE_GRANT = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = :reason WHERE id = :id AND revoked_at IS NULL
""")
_REVOKE_GRANTS_OF = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = :reason WHERE user_id = :user_id AND revoked_at IS NULL
""")


async def add_grant(tx: Transaction, grant_id: str, client_id: str, subject: Subject, scope: str, now: int) -> None:
    """Store an approval."""
    await tx.run(
        _ADD_GRANT,
        id=grant_id,
        client_id=client_id,
        user_id=subject.user_id,
        sub_type=subject.type.value,
        organization_id=subject.organization_id,
        scope=scope,
        now=now,
    )


async def revoke_grant(tx: Transaction, grant_id: str, reason: str, now: int) -> bool:
    """End a grant: every code and token of it is dead from now on."""
    return await tx.run(_REVOKE_GRANT, id=grant_id, reason=reason, now=now) == 1


async def revoke_grants_of(tx: Transaction, user_id: str, reason: str, now: int) -> int:
    """End every grant that a person gave."""
    return await tx.run(_REVOKE_GRANTS_OF, user_id=user_id, reason=reason, now=now)


def grant_of(columns: Sequence[Any]) -> Grant:
    """The grant in columns that begin with GRANT."""
    grant_id, client_id, sub_type, user_id, organization_id, scope, alive, _ = columns[:GRANT_COLUMNS]
    return Grant(grant_id, client_id, Subject(_SUB_TYPES[sub_type], user_id, organization_id), scope, bool(alive))


def role_of(columns: Sequence[Any]) -> Role | None:
    """The person's role in the organization, in columns that begin with GRANT; None for a person's own grant."""
    role = columns[GRANT_COLUMNS - 1]
    return None if role is None else _ROLES[role]
