"""Files that wait for their parts, as the API shows them."""

import msgspec

from polar_server.database import Row
from polar_server.resource_server.files import file_members
from polar_server.resource_server.times import moment
from polar_server.resources.files.schemas import FileUpload, PartCreate, Upload, UploadPart
from polar_server.storage import Part, Storage
from polar_server.storage.objects import URL_LIFETIME


def upload_of(row: Row, issuer: str, storage: Storage, upload_id: str, now: int) -> FileUpload:
    """A file that is not there yet, with the addresses for its parts."""
    parts = [_part_of(part, row, storage, upload_id, now) for part in created_parts(row)]
    return FileUpload(**file_members(row, issuer), upload=Upload(upload_id, row["path"], parts))


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
