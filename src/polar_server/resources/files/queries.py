"""SQL of files. Every statement that a caller leads to names the organizations that it may touch."""

import json
from collections.abc import Iterable
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing

COLUMNS = """
    f.id, f.created_at, f.modified_at, f.organization_id, f.service, f.name, f.path, f.mime_type, f.size, f.version,
    f.checksum, f.etag, f.storage_version, f.upload_id, f.parts, f.uploaded_at
"""
_WITHIN = within("f.organization_id", "organization_ids")
_ASKED = both(_WITHIN, within_if_asked("f.id", "ids"), "f.uploaded_at IS NOT NULL AND f.deleted_at IS NULL")
_LISTING = Listing(COLUMNS, "files f", _ASKED)
_FIND = Statement(
    *(f"SELECT {COLUMNS} FROM files f WHERE f.id = :id AND {reached} AND f.deleted_at IS NULL" for reached in _WITHIN)
)
_FIND_IMAGE = Statement(f"""
    SELECT {COLUMNS} FROM files f JOIN organizations o ON o.id = f.organization_id AND o.deleted_at IS NULL
    WHERE f.id = :id AND f.service IN ('product_media', 'organization_avatar')
    AND f.uploaded_at IS NOT NULL AND f.deleted_at IS NULL
""")
_LIST_OF_SERVICE = Statement(
    *(
        f"SELECT {COLUMNS} FROM files f WHERE {asked} AND f.service = :service"
        for asked in both(_WITHIN, within("f.id", "ids"), "f.uploaded_at IS NOT NULL AND f.deleted_at IS NULL")
    )
)
# Two uploads that begin together must see each other, or both would fit into the same rest of a quota.
_TAKE_TURN = Statement(
    "SELECT id FROM organizations WHERE id = :id",
    postgres="SELECT id FROM organizations WHERE id = :id FOR NO KEY UPDATE",
)
_SUM = Statement("""
    SELECT CAST(COALESCE(sum(size), 0) AS BIGINT) FROM files
    WHERE organization_id = :organization_id AND deleted_at IS NULL
""")
_ADD = Statement("""
    INSERT INTO files (
        id, organization_id, service, name, path, mime_type, size, version, checksum, upload_id, parts, created_at
    ) VALUES (
        :id, :organization_id, :service, :name, :path, :mime_type, :size, :version, :checksum, '', :parts, :now
    )
""")
_NAME_UPLOAD = Statement("""
    UPDATE files SET upload_id = :upload_id WHERE id = :id AND organization_id = :organization_id
""")
_SHOW = Statement("""
    UPDATE files SET
        uploaded_at = :now, checksum = :checksum, etag = :etag, storage_version = :storage_version
    WHERE id = :id AND organization_id = :organization_id AND uploaded_at IS NULL AND deleted_at IS NULL
""")
_UPDATE = Statement("""
    UPDATE files SET name = :name, version = :version, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND deleted_at IS NULL
""")
_HIDE = Statement("""
    UPDATE files SET deleted_at = :now WHERE id = :id AND organization_id = :organization_id AND deleted_at IS NULL
""")
_ABANDON = Statement("""
    UPDATE files SET deleted_at = :now WHERE id IN (
        SELECT id FROM files WHERE uploaded_at IS NULL AND deleted_at IS NULL AND created_at < :before
        ORDER BY created_at LIMIT :limit
    )
""")
_LIST_HIDDEN = Statement("""
    SELECT id, organization_id, upload_id FROM files WHERE deleted_at IS NOT NULL
    ORDER BY deleted_at, id LIMIT :limit
""")
_DROP = Statement("""
    DELETE FROM files WHERE id = :id AND organization_id = :organization_id AND deleted_at IS NOT NULL
""")


async def list_files(
    tx: Transaction, organization_ids: str, ids: str | None, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of uploaded files, newest first, and how many there are in all."""
    wanted = {"organization_ids": organization_ids, "ids": ids}
    return await _LISTING.find(tx, wanted, "f.created_at DESC, f.id", limit, offset)


async def find_file(tx: Transaction, file_id: str, organization_ids: str) -> Row | None:
    """A file of one of these organizations, uploaded or not."""
    return await tx.first(_FIND, id=file_id, organization_ids=organization_ids)


async def find_image(tx: Transaction, file_id: str) -> Row | None:
    """An image that everybody may see."""
    return await tx.first(_FIND_IMAGE, id=file_id)


async def list_medias(tx: Transaction, ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """Those of these files that are images of products of these organizations, by their ids."""
    return await _list_of_service(tx, "product_media", ids, organization_ids)


async def list_downloadables(tx: Transaction, ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """Those of these files that customers of these organizations can download, by their ids."""
    return await _list_of_service(tx, "downloadable", ids, organization_ids)


async def _list_of_service(tx: Transaction, service: str, ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    wanted = json.dumps(sorted(ids))
    rows = await tx.all(_LIST_OF_SERVICE, service=service, ids=wanted, organization_ids=organization_ids)
    return {row["id"]: row for row in rows}


async def kept_bytes(tx: Transaction, organization_id: str) -> int:
    """The bytes of all files of an organization. Until this transaction ends nobody else adds one."""
    await tx.one(_TAKE_TURN, id=organization_id)
    return int((await tx.one(_SUM, organization_id=organization_id))[0])


async def used_bytes(tx: Transaction, organization_id: str) -> int:
    """The same as it is now, for people to read."""
    return int((await tx.one(_SUM, organization_id=organization_id))[0])


async def add_file(tx: Transaction, **columns: Any) -> None:
    """Store a file that is not uploaded yet; `now` for created_at."""
    await tx.run(_ADD, **columns)


async def name_upload(tx: Transaction, file_id: str, organization_id: str, upload_id: str) -> None:
    """Remember the storage's id of an upload."""
    await tx.run(_NAME_UPLOAD, id=file_id, organization_id=organization_id, upload_id=upload_id)


async def show_file(tx: Transaction, file_id: str, organization_id: str, now: int, **found: str | None) -> bool:
    """Make a file visible, with what its storage found; whether it was still waiting."""
    return await tx.run(_SHOW, id=file_id, organization_id=organization_id, now=now, **found) == 1


async def update_file(tx: Transaction, **columns: Any) -> None:
    """Replace what may change of a file."""
    await tx.run(_UPDATE, **columns)


async def hide_file(tx: Transaction, file_id: str, organization_id: str, now: int) -> bool:
    """Delete a file for everybody; its row stays until its bytes are gone."""
    return await tx.run(_HIDE, id=file_id, organization_id=organization_id, now=now) == 1


async def abandon_uploads(tx: Transaction, before: int, now: int, limit: int) -> int:
    """Delete uploads that began before a time and were never finished; how many."""
    return await tx.run(_ABANDON, before=before, now=now, limit=limit)


async def list_hidden(tx: Transaction, limit: int) -> list[Row]:
    """Deleted files whose bytes may still be there."""
    return await tx.all(_LIST_HIDDEN, limit=limit)


async def drop_file(tx: Transaction, file_id: str, organization_id: str) -> None:
    """Forget a deleted file whose bytes are gone."""
    await tx.run(_DROP, id=file_id, organization_id=organization_id)
