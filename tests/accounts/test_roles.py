"""What each role may do, as tables."""

import pytest

from polar_server.accounts.roles import Role, allowed_scopes, may_change, may_give, may_manage, may_remove

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER


@pytest.mark.parametrize("role,manages", [(OWNER, True), (ADMIN, True), (MEMBER, False)])
def test_who_manages(role: Role, manages: bool) -> None:
    """Owners and admins manage an organization."""
    assert may_manage(role) is manages


GIVES = {OWNER: {OWNER, ADMIN, MEMBER}, ADMIN: {ADMIN, MEMBER}, MEMBER: set()}


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("role", Role)
def test_who_gives_and_takes_which_role(actor: Role, role: Role) -> None:
    """Owners give and take every role, admins all but owner, members none."""
    assert may_give(actor, role) is (role in GIVES[actor])
    assert may_remove(actor, role) is (role in GIVES[actor])


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("current", Role)
@pytest.mark.parametrize("new", Role)
def test_who_changes_a_role(actor: Role, current: Role, new: Role) -> None:
    """A change takes one role and gives another, so the actor must reach both."""
    assert may_change(actor, current, new) is ({current, new} <= GIVES[actor])


SCOPES = frozenset({"openid", "products:read", "products:write", "files:read"})
MANAGING = frozenset({"webhooks:read", "webhooks:write", "files:write"})


@pytest.mark.parametrize("role,allowed", [(OWNER, SCOPES | MANAGING), (ADMIN, SCOPES | MANAGING), (MEMBER, SCOPES)])
def test_which_scopes_a_role_can_grant(role: Role, allowed: frozenset[str]) -> None:
    """Members grant everything but what decides over the organization itself."""
    assert allowed_scopes(role, SCOPES | MANAGING) == allowed
    assert allowed_scopes(role, frozenset()) == frozenset()
