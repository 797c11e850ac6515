"""What a member of an organization may do: the roles and their rights."""

from enum import StrEnum


class Role(StrEnum):
    """A member's role, from the one with every right down."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


# What decides over the organization itself: where its events go and what it hands out.
_MANAGING_SCOPES = frozenset({"webhooks:read", "webhooks:write", "files:write"})


def allowed_scopes(role: Role, scopes: frozenset[str]) -> frozenset[str]:
    """Those of the scopes that a person of this role can grant to an app, or use through it."""
    return scopes - _MANAGING_SCOPES if role is Role.MEMBER else scopes


def may_manage(role: Role) -> bool:
    """Whether this role edits the organization, invites, and sees pending invitations."""
    return role is not Role.MEMBER


def may_give(actor: Role, role: Role) -> bool:
    """Whether the actor may make somebody a member with this role. Only owners make owners."""
    return actor is Role.OWNER or (actor is Role.ADMIN and role is not Role.OWNER)


def may_change(actor: Role, current: Role, new: Role) -> bool:
    """Whether the actor may turn a member's current role into the new one."""
    return may_give(actor, current) and may_give(actor, new)


def may_remove(actor: Role, current: Role) -> bool:
    """Whether the actor may remove another member of this role. Everybody may leave; that is not asked here."""
    return may_give(actor, current)
