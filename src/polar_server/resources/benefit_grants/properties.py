"""What a grant itself holds, by the type of its benefit."""

import json
from collections.abc import Collection

import msgspec

from polar_server.database import Row
from polar_server.resource_server.benefits import DownloadablesProperties
from polar_server.resources.benefit_grants.license_keys import NewKey


def new_properties(benefit: Row, key: NewKey | None) -> str:
    """The properties of a grant that begins: JSON, as they are kept."""
    if key is not None:
        return json.dumps({"license_key_id": key.id, "display_key": key.display_key})
    return json.dumps({"files": files_of(benefit)} if benefit["type"] == "downloadables" else {})


def next_properties(grant: Row, benefit: Row) -> str:
    """The properties of a grant whose benefit changed. Files that were archived since are not taken away."""
    if benefit["type"] != "downloadables":
        return str(grant["properties"])
    had = json.loads(grant["properties"])["files"] if grant["granted_at"] is not None else []
    return json.dumps({"files": files_of(benefit, had)})


def files_of(benefit: Row, had: Collection[str] = ()) -> list[str]:
    """The files that a customer gets: those that are not archived, and those that it had."""
    properties = msgspec.json.decode(benefit["properties"], type=DownloadablesProperties)
    return [file_id for file_id in properties.files if file_id in had or not properties.archived.get(file_id, False)]
