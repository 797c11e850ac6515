"""Rows of files as the API shows them."""

import base64
from typing import Any

import msgspec

from polar_server.database import Row
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.files.names import readable_size
from polar_server.resources.files.rules import PUBLIC
from polar_server.resources.files.schemas import File, FileUpload, PartCreate, Upload, UploadPart
from polar_server.storage import Part, Storage
from polar_server.storage.objects import URL_LIFETIME


def file_of(row: Row, issuer: str) -> File:
    """A file as the API shows it."""
    return File(**_members(row, issuer))


def upload_of(row: Row, issuer: str, storage: Storage, upload_id: str, now: int) -> FileUpload:
    """A file that is not there yet, with the addresses for its parts."""
    parts = [_part_of(part, row, storage, upload_id, now) for part in created_parts(row)]
    return FileUpload(**_members(row, issuer), upload=Upload(upload_id, row["path"], parts))


def created_parts(row: Row) -> list[PartCreate]:
    """The parts as they were announced."""
    return msgspec.json.decode(row["parts"], type=list[PartCreate])


def announced(part: PartCreate) -> Part:
    """The part as the storage knows it."""
    return Part(part.number, part.chunk_end - part.chunk_start, part.checksum_sha256_base64)


def _part_of(part: PartCreate, row: Row, storage: Storage, upload_id: str, now: int) -> UploadPart:
    address = storage.part_url(row["id"], upload_id, announced(part), now)
    return UploadPart(
        number=part.number,
        chunk_start=part.chunk_start,
        chunk_end=part.chunk_end,
        checksum_sha256_base64=part.checksum_sha256_base64,
        url=address.url,
        expires_at=moment(now + URL_LIFETIME),
        headers=dict(address.headers),
    )


def _members(row: Row, issuer: str) -> dict[str, Any]:
    checksum, uploaded_at = row["checksum"], row["uploaded_at"]
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "organization_id": row["organization_id"],
        "service": row["service"],
        "name": row["name"],
        "path": row["path"],
        "mime_type": row["mime_type"],
        "size": row["size"],
        "size_readable": readable_size(row["size"]),
        "version": row["version"],
        "is_uploaded": uploaded_at is not None,
        "checksum_etag": row["etag"],
        "checksum_sha256_base64": checksum,
        "checksum_sha256_hex": None if checksum is None else base64.b64decode(checksum).hex(),
        "storage_version": row["storage_version"],
        "last_modified_at": moment_or_none(uploaded_at),
        "public_url": f"{issuer}/v1/files/{row['id']}/image" if row["service"] in PUBLIC else None,
    }
