"""The shapes of files and of their uploads."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.files import File, Service

Name = Annotated[str, Meta(min_length=1, max_length=255, description="The name of the file, without folders.")]
Version = Annotated[str, Meta(max_length=255, description="Whatever tells one version of the file from another.")]
Checksum = Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{43}=$", description="SHA-256 in base64.")]
Offset = Annotated[int, Meta(ge=0, le=10 * 2**40)]
Number = Annotated[int, Meta(ge=1, le=10_000)]
MimeType = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\\Z")]

MAX_PARTS = 10_000
_SIZE = 48_213
_PARTS = [[{"number": 1, "chunk_start": 0, "chunk_end": _SIZE}]]
"""An upload in one part, for the documentation."""


class PartCreate(Struct):
    """A part: bytes from `chunk_start` up to, and not with, `chunk_end`."""

    number: Number
    chunk_start: Offset
    chunk_end: Offset
    checksum_sha256_base64: Checksum | None = None


class UploadCreate(Struct):
    """The parts that will be sent, in their order. They cover the file."""

    parts: Annotated[list[PartCreate], Meta(min_length=1, max_length=MAX_PARTS, examples=_PARTS)]


class FileCreate(Struct):
    """A file that will be uploaded. The checksum is that of the file, or of the digests of its parts put together."""

    service: Service
    name: Name
    mime_type: MimeType
    size: Annotated[int, Meta(ge=1, examples=[_SIZE])]
    upload: UploadCreate
    organization_id: str | UnsetType | None = UNSET
    checksum_sha256_base64: Checksum | None = None
    version: Version | None = None


class CompletedPart(Struct):
    """A part that was sent, with the ETag that came back."""

    number: Number
    checksum_etag: Annotated[str, Meta(max_length=200)]
    checksum_sha256_base64: Checksum | None = None


class UploadCompleted(Struct):
    """The end of an upload: its id and path, and what was sent."""

    id: str
    path: str
    parts: Annotated[list[CompletedPart], Meta(min_length=1, max_length=MAX_PARTS)]


class FileUpdate(Struct):
    """What to change; what is left out stays."""

    name: Name | UnsetType | None = UNSET
    version: Version | UnsetType | None = UNSET


class UploadPart(Struct):
    """Where to PUT a part, until when, and with which headers."""

    number: int
    chunk_start: int
    chunk_end: int
    checksum_sha256_base64: str | None
    url: str
    expires_at: datetime
    headers: dict[str, str]


class Upload(Struct):
    """An upload that waits for its parts."""

    id: str
    path: str
    parts: list[UploadPart]


class FileUpload(File, kw_only=True):
    """A file that is not there yet, and where to send it."""

    upload: Upload


class FileDownload(Struct):
    """An address that gives the file, for a while."""

    url: str
    expires_at: datetime
