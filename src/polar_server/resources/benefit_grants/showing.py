"""What a customer sees of a sale: notes, keys in full, and files. Only for pages that the customer alone opens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.benefit_grants import license_key_queries, queries
from polar_server.resources.benefit_grants.downloads import download_url
from polar_server.resources.benefit_grants.granting import Sale
from polar_server.resources.benefit_grants.license_keys import key_text
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.files import queries as files


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file to fetch. `size` is in bytes; the address works for an hour, as long as the grant is live."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class Given:
    """A benefit that a customer has. Its repr shows no key."""

    type: str
    description: str
    note: str | None
    license_key: str | None
    license_key_expires_at: int | None
    files: tuple[GivenFile, ...]

    def __repr__(self) -> str:
        return f"<Given {self.type} {self.description!r}>"


async def list_given(tx: Transaction, server: AuthorizationServer, sale: Sale) -> list[Given]:
    """The live benefits of a sale that are public, the oldest first."""
    reach = json.dumps([sale.organization_id])
    rows = await queries.list_of_sale(tx, sale.organization_id, sale.subscription_id, sale.order_id)
    live = {row["benefit_id"]: row for row in rows if row["granted_at"] is not None}
    found = await benefits.list_also_deleted(tx, live, reach) if live else []
    public = sorted((row for row in found if row["visibility"] == "public"), key=_age)
    grants = [live[benefit["id"]] for benefit in public]
    keys = await license_key_queries.list_of_grants(tx, [row["id"] for row in grants], sale.organization_id)
    kept = await _files_of(tx, grants, reach)
    return [
        _given(server, benefit, grant, keys.get(grant["id"]), kept)
        for benefit, grant in zip(public, grants, strict=True)
    ]


def _age(benefit: Row) -> tuple[int, str]:
    return benefit["created_at"], benefit["id"]


async def _files_of(tx: Transaction, grants: list[Row], reach: str) -> dict[str, Row]:
    wanted = {file_id for grant in grants for file_id in _file_ids(grant)}
    return await files.list_downloadables(tx, wanted, reach) if wanted else {}


def _file_ids(grant: Row) -> list[str]:
    return list(json.loads(grant["properties"]).get("files", []))


def _given(server: AuthorizationServer, benefit: Row, grant: Row, key: Row | None, kept: Mapping[str, Row]) -> Given:
    return Given(
        type=benefit["type"],
        description=benefit["description"],
        note=json.loads(benefit["properties"]).get("note"),
        license_key=None if key is None else key_text(server.server_keys, key),
        license_key_expires_at=None if key is None else key["expires_at"],
        files=tuple(
            GivenFile(kept[file_id]["name"], kept[file_id]["size"], download_url(server, grant["id"], file_id))
            for file_id in _file_ids(grant)
            if file_id in kept
        ),
    )
