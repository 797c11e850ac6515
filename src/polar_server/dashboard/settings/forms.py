"""What was typed about an organization, as the API takes it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.resource_server.errors import ApiError, RequestValidationError
from polar_server.resources.organizations.schemas import Organization, OrganizationUpdate
from polar_server.resources.organizations.settings import EmbedHost, WebAddress

TAX_BEHAVIORS = {
    "location": "As it is usual where the customer lives",
    "inclusive": "It is in the prices",
    "exclusive": "It comes on top of the prices",
}
PRORATIONS = {
    "prorate": "The difference is paid with the next renewal",
    "invoice": "The difference is paid at once",
    "next_period": "The change waits for the next renewal",
}
"""What happens when a subscription changes its product, by the value of the field."""

_FIELDS = ("name", "avatar_url", "email", "website", "country", "default_presentment_currency", "default_tax_behavior")
_CAN_BE_EMPTY = ("avatar_url", "email", "website", "country")
_DAYS = "Enter a number of days from 0 to 365."
_WEBSITE = "Enter an address that starts with https:// or http://, or leave this empty."


def read_settings(form: Mapping[str, str], present: Organization) -> tuple[OrganizationUpdate | None, dict[str, str]]:
    """The change that was typed; None with a sentence for each field that cannot be read."""
    sent: dict[str, Any] = {name: form.get(name, "").strip() for name in _FIELDS}
    sent |= {name: None for name in _CAN_BE_EMPTY if not sent[name]}
    sent["embed_hosts"] = _lines(form.get("embed_hosts", ""))
    days = form.get("benefit_revocation_grace_period", "").strip()
    sent["subscription_settings"] = msgspec.to_builtins(present.subscription_settings) | {
        "allow_multiple_subscriptions": form.get("allow_multiple_subscriptions") == "true",
        "prevent_trial_abuse": form.get("prevent_trial_abuse") == "true",
        "proration_behavior": form.get("proration_behavior", ""),
        "benefit_revocation_grace_period": int(days) if days.isascii() and days.isdecimal() and len(days) < 9 else -1,
    }
    if errors := _own_errors(sent):
        return None, errors
    try:
        return read_sent(sent, OrganizationUpdate), {}
    except RequestValidationError as refused:
        return None, errors_in_words(refused)


def _own_errors(sent: Mapping[str, Any]) -> dict[str, str]:
    """What a pattern or a list would say in the words of programs."""
    errors = {}
    if sent["website"] and not _fits(sent["website"], WebAddress):
        errors["website"] = _WEBSITE
    if wrong := [host for host in sent["embed_hosts"] if not _fits(host, EmbedHost)]:
        errors["embed_hosts"] = f"{wrong[0][:80]} is no host. Write example.com, without https:// and without a path."
    if not 0 <= sent["subscription_settings"]["benefit_revocation_grace_period"] <= 365:
        errors["benefit_revocation_grace_period"] = _DAYS
    return errors


def errors_in_words(refused: ApiError) -> dict[str, str]:
    """A sentence for each field that was refused."""
    return errors_of(refused, (*_FIELDS, "embed_hosts"), subscription_settings="proration_behavior")


def form_of(organization: Organization) -> dict[str, str]:
    """The fields of an organization that is there."""
    chosen = organization.subscription_settings
    return {name: getattr(organization, name) or "" for name in _FIELDS} | {
        "embed_hosts": "\n".join(organization.embed_hosts),
        "allow_multiple_subscriptions": "true" if chosen.allow_multiple_subscriptions else "",
        "prevent_trial_abuse": "true" if chosen.prevent_trial_abuse else "",
        "proration_behavior": chosen.proration_behavior,
        "benefit_revocation_grace_period": str(chosen.benefit_revocation_grace_period),
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]


def _fits(value: str, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
