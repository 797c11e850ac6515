"""Making and changing organizations."""

from typing import Any

import msgspec
from msgspec import UNSET

from polar_server.accounts import organizations as accounts
from polar_server.accounts.organizations import NewOrganization
from polar_server.audit import Actor
from polar_server.database import Row, Transaction
from polar_server.resources.organizations import queries
from polar_server.resources.organizations.answers import CURRENCY, TAX_BEHAVIOR, settings_of
from polar_server.resources.organizations.rules import check_promises, check_texts
from polar_server.resources.organizations.schemas import OrganizationCreate, OrganizationUpdate
from polar_server.resources.organizations.settings import OrganizationSettings


async def create_organization(tx: Transaction, new: OrganizationCreate, owner_id: str, now: int, actor: Actor) -> str:
    """Found an organization; its id. Raises SlugTaken, and as `check_texts` and `check_promises` do."""
    texts = check_texts(new)
    check_promises(new)
    base = NewOrganization(texts["slug"], texts["name"], avatar_url=texts.get("avatar_url") or None)
    organization_id = (await accounts.create_organization(tx, base, owner_id, now, actor)).id
    await _save_details(tx, organization_id, None, new, texts)
    return organization_id


async def update_organization(tx: Transaction, current: Row, sent: OrganizationUpdate, now: int) -> None:
    """Change what was sent; what was left out stays. Raises as `check_texts` and `check_promises` do."""
    texts = check_texts(sent)
    check_promises(sent)
    avatar_url = current["avatar_url"] if sent.avatar_url is UNSET else texts.get("avatar_url") or None
    name = texts.get("name", current["name"])
    await accounts.save_organization(tx, current["id"], name, avatar_url, now)
    await _save_details(tx, current["id"], current, sent, texts)


async def _save_details(
    tx: Transaction, organization_id: str, current: Row | None, sent: OrganizationUpdate, texts: dict[str, str]
) -> None:
    settings = OrganizationSettings() if current is None else settings_of(current)
    await queries.save_details(
        tx,
        organization_id=organization_id,
        email=_kept(current, "email", sent.email if sent.email is UNSET else texts.get("email")),
        website=_kept(current, "website", sent.website),
        country=_kept(current, "country", sent.country),
        default_presentment_currency=_chosen(
            current, "default_presentment_currency", sent.default_presentment_currency, CURRENCY
        ),
        default_tax_behavior=_chosen(current, "default_tax_behavior", sent.default_tax_behavior, TAX_BEHAVIOR),
        settings=msgspec.json.encode(_changed(settings, sent)).decode(),
    )


def _kept(current: Row | None, name: str, sent: Any) -> Any:
    """What can be empty: a null empties it."""
    if sent is UNSET:
        return None if current is None else current[name]
    return sent


def _chosen(current: Row | None, name: str, sent: Any, default: str) -> Any:
    """What is never empty: a null means nothing."""
    kept = None if current is None else current[name]
    return kept or default if sent in (UNSET, None) else sent


def _changed(settings: OrganizationSettings, sent: OrganizationUpdate) -> OrganizationSettings:
    given = {name: getattr(sent, name) for name in settings.__struct_fields__}
    return msgspec.structs.replace(
        settings, **{name: value for name, value in given.items() if value not in (UNSET, None)}
    )
