"""SQL of lists of files that people read: found by name, with uploads that wait for their parts."""

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Transaction
from polar_server.resource_server.filter_queries import both, contains, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.files.queries import COLUMNS

SORTING = {"created_at": "f.created_at", "name": "f.name", "size": "f.size", "id": "f.id"}

_ASKED = both(
    within("f.organization_id", "organization_ids"),
    "f.deleted_at IS NULL",
    within_if_asked("f.service", "services"),
    "(CAST(:is_uploaded AS BOOLEAN) IS NULL OR (f.uploaded_at IS NOT NULL) = CAST(:is_uploaded AS BOOLEAN))",
    contains("f.name", "query"),
)
_LISTING = Listing(COLUMNS, "files f", _ASKED)


class FileFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    services: str | None = None
    is_uploaded: bool | None = None
    query: str | None = None


async def list_files(tx: Transaction, wanted: FileFilter, order: str, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of files and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)
