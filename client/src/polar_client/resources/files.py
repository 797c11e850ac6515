"""Files, and their uploads in parts."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO, ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.attempts import Answer, Flow
from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation, procedure
from polar_client.resources.asking import Paging
from polar_client.shapes import Shape, Thing

Service: TypeAlias = Literal["downloadable", "product_media", "organization_avatar"]

PART_SIZE = 10 * 1024 * 1024
"""Bytes. Buckets want at least 5 MiB in every part but the last."""


class FileFilters(Paging, total=False):
    """Which files."""

    ids: Maybe[Many | None]
    organization_id: Maybe[Many | None]


class PartBody(TypedDict, total=False):
    """A part: bytes from `chunk_start` up to, and not with, `chunk_end`."""

    number: Required[int]
    chunk_start: Required[int]
    chunk_end: Required[int]
    checksum_sha256_base64: str | None


class UploadBody(TypedDict):
    """The parts that will be sent."""

    parts: Sequence[PartBody]


class FileCreate(TypedDict, total=False):
    """A file that will be uploaded."""

    service: Required[Service]
    name: Required[str]
    mime_type: Required[str]
    size: Required[int]
    upload: Required[UploadBody]
    organization_id: Maybe[str | None]
    checksum_sha256_base64: Maybe[str | None]
    version: Maybe[str | None]


class NewFile(TypedDict, total=False):
    """What is said about a file that `upload` sends."""

    service: Required[Service]
    name: Required[str]
    mime_type: Required[str]
    organization_id: Maybe[str | None]
    version: Maybe[str | None]


class FileUpdate(TypedDict, total=False):
    """What to change."""

    name: Maybe[str]
    version: Maybe[str | None]


class CompletedPart(TypedDict, total=False):
    """A part that was sent, with the ETag that came back."""

    number: Required[int]
    checksum_etag: Required[str]
    checksum_sha256_base64: str | None


class File(Thing, kw_only=True):
    """A file. The checksum is that of the digests of its parts put together. Images have a public address."""

    organization_id: str
    service: str
    name: str
    path: str
    mime_type: str
    size: int
    size_readable: str
    version: str | None = None
    is_uploaded: bool
    checksum_etag: str | None = None
    checksum_sha256_base64: str | None = None
    checksum_sha256_hex: str | None = None
    storage_version: str | None = None
    last_modified_at: datetime | None = None
    public_url: str | None = None


class UploadPart(Shape, kw_only=True):
    """Where to PUT a part, until when, and with which headers."""

    hidden: ClassVar[frozenset[str]] = frozenset({"url", "headers"})

    number: int
    chunk_start: int
    chunk_end: int
    checksum_sha256_base64: str | None = None
    url: str
    expires_at: datetime
    headers: dict[str, str] = {}


class Upload(Shape, kw_only=True):
    """An upload that waits for its parts."""

    id: str
    path: str
    parts: list[UploadPart]


class FileUpload(File, kw_only=True):
    """A file that is not there yet, and where to send it."""

    upload: Upload


class FileDownload(Shape, kw_only=True):
    """An address that gives the file, for a while."""

    hidden: ClassVar[frozenset[str]] = frozenset({"url"})

    url: str
    expires_at: datetime


class Files(Resource[Way]):
    """`/v1/files`."""

    @operation
    def list(self, **filters: Unpack[FileFilters]) -> Call[Page[File]]:
        """The uploaded files, newest first."""
        return Call("GET", "/v1/files", Page[File], query=filters)

    iter_all = every(list)

    @operation
    def create(self, **body: Unpack[FileCreate]) -> Call[FileUpload]:
        """Begin an upload by hand; `upload` does all of it."""
        return Call("POST", "/v1/files", FileUpload, body=sent(body))

    @operation
    def finish(self, file_id: str, upload: Upload, parts: Sequence[CompletedPart]) -> Call[File]:
        """End an upload by hand. Repeated, it gives the same answer."""
        return _finish(file_id, upload, parts)

    @procedure
    def upload(self, data: bytes | BinaryIO, **about: Unpack[NewFile]) -> Flow[File]:
        """Send a file as a whole: announce it, send its parts with their checksums, finish.

        A file that is open for reading is read twice, a part of 10 MiB at a time, from its beginning.
        """
        source = BytesIO(data) if isinstance(data, bytes) else data
        parts = _parts(source)
        size = parts[-1]["chunk_end"] if parts else 0
        body = {**sent(about), "size": size, "upload": {"parts": parts}}
        made: FileUpload = yield Call("POST", "/v1/files", FileUpload, body=body)
        done: list[CompletedPart] = []
        for part in made.upload.parts:
            source.seek(part.chunk_start)
            piece = source.read(part.chunk_end - part.chunk_start)
            answer: Answer = yield Call("PUT", part.url, Answer, content=piece, headers=part.headers)
            done.append(_completed(part, answer))
        file: File = yield _finish(made.id, made.upload, done)
        return file

    @operation
    def update(self, file_id: str, **body: Unpack[FileUpdate]) -> Call[File]:
        """Change what is named."""
        return Call("PATCH", "/v1/files/{file_id}", File, (file_id,), body=sent(body))

    @operation
    def delete(self, file_id: str) -> Call[None]:
        """Delete a file, or give up its upload."""
        return Call("DELETE", "/v1/files/{file_id}", None, (file_id,))

    @operation
    def download(self, file_id: str) -> Call[FileDownload]:
        """An address that gives the file, for an hour."""
        return Call("GET", "/v1/files/{file_id}/download", FileDownload, (file_id,))


def _finish(file_id: str, upload: Upload, parts: Sequence[CompletedPart]) -> Call[File]:
    body: dict[str, Any] = {"id": upload.id, "path": upload.path, "parts": parts}
    return Call("POST", "/v1/files/{file_id}/uploaded", File, (file_id,), body=body, is_repeatable=True)


def _parts(source: BinaryIO) -> Sequence[PartBody]:
    source.seek(0)
    pieces = iter(lambda: source.read(PART_SIZE), b"")
    return [
        {
            "number": number,
            "chunk_start": (number - 1) * PART_SIZE,
            "chunk_end": (number - 1) * PART_SIZE + len(piece),
            "checksum_sha256_base64": b64encode(hashlib.sha256(piece).digest()).decode(),
        }
        for number, piece in enumerate(pieces, 1)
    ]


def _completed(part: UploadPart, answer: Answer) -> CompletedPart:
    etag = answer.headers.get("etag", "")
    return {"number": part.number, "checksum_etag": etag, "checksum_sha256_base64": part.checksum_sha256_base64}
