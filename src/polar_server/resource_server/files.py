"""Files as the API shows them, by themselves and within what they belong to."""

import base64
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from polar_server.database import Row
from polar_server.resource_server.times import moment, moment_or_none

Service = Literal["downloadable", "product_media", "organization_avatar"]

PUBLIC = frozenset({"product_media", "organization_avatar"})
"""Services whose files everybody may see."""
_STEPS = ("B", "KB", "MB", "GB")


class File(Struct):
    """A file. The checksum is that of the digests of its parts put together. Images have a public address."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    organization_id: str
    service: Service
    name: str
    path: str
    mime_type: str
    size: int
    size_readable: str
    version: str | None
    is_uploaded: bool
    checksum_etag: str | None
    checksum_sha256_base64: str | None
    checksum_sha256_hex: str | None
    storage_version: str | None
    last_modified_at: datetime | None
    public_url: str | None
    flagged_malicious_at: datetime | None = None


def file_of(row: Row, issuer: str) -> File:
    """A file from its row."""
    return File(**file_members(row, issuer))


def file_members(row: Row, issuer: str) -> dict[str, Any]:
    """The members of a file from its row."""
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


def readable_size(size: int) -> str:
    """A size for people: `1.0 KB` is 1024 bytes."""
    amount, step = float(size), 0
    while amount >= 1024 and step < len(_STEPS) - 1:
        amount, step = amount / 1024, step + 1
    return f"{amount:.1f} {_STEPS[step]}"
