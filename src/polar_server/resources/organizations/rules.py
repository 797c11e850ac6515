"""What an organization must keep to, and what this server refuses to promise."""

from typing import Any

from msgspec import UNSET

from polar_server.accounts import fields
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import ApiError, Issue, RequestValidationError
from polar_server.resources.organizations.schemas import OrganizationUpdate

_RULES = {"name": fields.name, "slug": fields.slug, "avatar_url": fields.picture, "email": fields.email}


class CannotCreateOrganizationError(ApiError):
    """Only people found organizations."""

    status = 403


class DisputeAutoAcceptNotEnabled(ApiError):
    """There are no disputes here that could be given up."""

    status = 403


class SSOEnforcementRequiresConnection(ApiError):
    """Organizations have no sign-on of their own here."""

    status = 409


def check_texts(sent: OrganizationUpdate) -> dict[str, str]:
    """Name, slug, avatar_url and email as they are kept, those that were sent.

    Raises RequestValidationError, naming all that are wrong, the currency included.
    """
    given = {name: text for name in _RULES if isinstance(text := getattr(sent, name, None), str)}
    kept, errors = fields.check(given, **{name: _RULES[name] for name in given})
    issues = [Issue(("body", name), text, input=given[name][:300]) for name, text in errors.items()]
    currency: Any = sent.default_presentment_currency
    if currency not in (UNSET, None) and currency not in MINIMUM_AMOUNTS:
        place = ("body", "default_presentment_currency")
        issues.append(Issue(place, "This currency is not supported.", "enum", currency))
    if issues:
        raise RequestValidationError(issues)
    return kept


def check_promises(sent: OrganizationUpdate) -> None:
    """Raises DisputeAutoAcceptNotEnabled or SSOEnforcementRequiresConnection for what cannot be kept."""
    disputes: Any = sent.dispute_settings
    if disputes not in (UNSET, None) and disputes.auto_accept_below_amount is not None:
        raise DisputeAutoAcceptNotEnabled("This server has no disputes, so none can be accepted by itself.")
    if sent.sso_enforced is True:
        raise SSOEnforcementRequiresConnection("This organization has no single sign-on that could be enforced.")
