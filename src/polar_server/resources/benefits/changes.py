"""Making and changing benefits."""

import json
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import DownloadablesProperties
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.benefit_grants import queries as grants
from polar_server.resources.benefits import queries
from polar_server.resources.benefits.bodies import type_of
from polar_server.resources.benefits.rules import check_files, check_type, tidy, visibility_for
from polar_server.resources.benefits.schemas import BenefitCreate, BenefitUpdate
from polar_server.resources.files import queries as files


async def create_benefit(tx: Transaction, new: BenefitCreate, organization_id: str, now: int) -> str:
    """Store a benefit; its id. Raises RequestValidationError."""
    benefit_id, benefit_type = str(uuid4()), type_of(new)
    await queries.add_benefit(
        tx,
        id=benefit_id,
        organization_id=organization_id,
        type=benefit_type,
        description=new.description,
        visibility=visibility_for(benefit_type, new.visibility),
        properties=await _properties(tx, new.properties, organization_id),
        metadata=check_metadata(new.metadata),
        now=now,
    )
    return benefit_id


async def update_benefit(tx: Transaction, current: Row, sent: BenefitUpdate, now: int) -> None:
    """Change what was sent; what was left out stays. Raises RequestValidationError."""
    check_type(current["type"], type_of(sent))
    properties = current["properties"]
    if sent.properties is not None:
        properties = await _properties(tx, sent.properties, current["organization_id"])
    await queries.update_benefit(
        tx,
        id=current["id"],
        organization_id=current["organization_id"],
        description=sent.description or current["description"],
        visibility=visibility_for(current["type"], sent.visibility or current["visibility"]),
        properties=properties,
        metadata=current["metadata"] if sent.metadata is UNSET else check_metadata(sent.metadata),
        now=now,
    )
    if properties != current["properties"]:
        await grants.ask_for_benefit(tx, current["id"], current["organization_id"], now)


async def delete_benefit(tx: Transaction, current: Row, now: int) -> None:
    """Delete a benefit, take it from every product, and have its grants revoked."""
    benefit_id, organization_id = current["id"], current["organization_id"]
    await queries.delete_benefit(tx, benefit_id, organization_id, now)
    await grants.ask_for_benefit(tx, benefit_id, organization_id, now)


async def _properties(tx: Transaction, sent: Any, organization_id: str) -> str:
    """The properties as they are stored."""
    if isinstance(sent, DownloadablesProperties):
        known = await files.list_downloadables(tx, sent.files, json.dumps([organization_id]))
        check_files(sent, frozenset(known))
        sent = tidy(sent)
    return msgspec.json.encode(sent).decode()
