"""The caller of the API: a token's subject, its scopes, and the organizations it reaches at this moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import UNSET, UnsetType

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.audit import Actor
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.resource_server.errors import NotPermitted, invalid


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `organizations` are live memberships with their roles: one for an organization token."""

    subject: Subject
    organizations: Mapping[str, Role]
    actor: Actor
    """As the audit log names the caller. Of a call that only reads, it says nothing of the place."""

    @property
    def is_organization(self) -> bool:
        return self.subject.type is SubjectType.ORGANIZATION

    def reach(self, asked: Iterable[str] | None = None) -> str:
        """The organizations that a statement may touch, as a JSON list: those asked for, if the caller reaches them."""
        reached = self.organizations if asked is None else set(self.organizations) & set(asked)
        return msgspec.json.encode(sorted(reached)).decode()

    def require(self, organization_id: str, scope: str) -> None:
        """Raises NotPermitted when the person's role in this organization does not cover the scope."""
        role = self.organizations[organization_id]
        if not allowed_scopes(role, frozenset({scope})):
            raise NotPermitted(f"Your role in this organization, {role.value}, does not allow {scope}.")

    def organization_for(self, asked: str | UnsetType | None, scope: str) -> str:
        """The organization that something new belongs to.

        An organization token has one and must not name it; everybody else must. Raises
        RequestValidationError at body.organization_id, or NotPermitted for the role.
        """
        organization_id = self._own(asked) if self.is_organization else self._named(asked)
        self.require(organization_id, scope)
        return organization_id

    def _own(self, asked: str | UnsetType | None) -> str:
        if asked not in (UNSET, None):
            raise invalid(
                "organization_id", "An organization token must not name an organization.", "organization_token", asked
            )
        assert self.subject.organization_id is not None, "an organization token has its organization"
        return self.subject.organization_id

    def _named(self, asked: str | UnsetType | None) -> str:
        if asked is UNSET or asked is None:
            if len(self.organizations) == 1:
                return next(iter(self.organizations))
            raise invalid("organization_id", "Name the organization that this belongs to.", "missing")
        if asked not in self.organizations:
            raise invalid("organization_id", "There is no such organization.", "value_error", asked)
        return str(asked)


GivenCaller = NamedDependency[SkipValidation[Caller]]
"""The parameter of an endpoint: what Litestar hands in by its name."""
