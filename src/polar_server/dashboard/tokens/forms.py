"""What was typed about a new organization access token."""

from collections.abc import Mapping

from polar_server.accounts import fields
from polar_server.accounts.fields import Unacceptable
from polar_server.authorization_server import organization_tokens
from polar_server.authorization_server.organization_tokens import DAYS, NewOrganizationToken
from polar_server.dashboard.scopes import chosen_in

LIFETIMES = {**{str(days): f"{days} days" for days in DAYS}, "none": "Until it is revoked"}
"""How long a token works, by the value of the field."""


def read_token(form: Mapping[str, str]) -> tuple[NewOrganizationToken | None, dict[str, str]]:
    """The token as it is asked for, or a sentence for each field that has a mistake."""
    name, chosen, days = form.get("name", ""), chosen_in(form), form.get("days", "")
    errors: dict[str, str] = {}
    try:
        fields.name(name)
    except Unacceptable as refused:
        errors["name"] = str(refused)
    if days not in LIFETIMES:
        errors["days"] = "Choose one of these."
    if not any(scope in organization_tokens.SCOPES for scope in chosen):
        errors["scope"] = "Choose at least one scope."
    if errors:
        return None, errors
    try:
        return organization_tokens.read_new(name, chosen, None if days == "none" else int(days)), {}
    except Unacceptable as refused:
        return None, {"form": str(refused)}
