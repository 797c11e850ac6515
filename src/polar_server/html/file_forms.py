"""Forms that send a file (RFC 7578): short texts come first, then the file, which is kept in a draft on disk.

Nothing of it stands in memory, and not a byte of it is kept before the texts were found to be of a form of ours.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from multipart import MultipartError, MultipartSegment, PushMultipartParser  # type: ignore[import-untyped]

from polar_server.html.pages import PageRequest
from polar_server.oauth.errors import InvalidRequest

MOST_TEXT = 65_536
"""Bytes of all that is not the file."""
_MOST_SEGMENTS = 20
_BLOCK = 1_048_576

Check = Callable[[Mapping[str, str]], None]


class FileTooLarge(Exception):
    """The file has more bytes than the form takes."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent: its name and media type are what the sender says. The draft is gone after the form."""

    name: str
    media_type: str
    size: int
    sha256: bytes
    start: bytes
    draft: BinaryIO

    async def blocks(self) -> AsyncIterator[bytes]:
        """All of its bytes."""
        await asyncio.to_thread(self.draft.seek, 0)
        while block := await asyncio.to_thread(self.draft.read, _BLOCK):
            yield block


@asynccontextmanager
async def read_file_form(
    request: PageRequest, folder: Path, most: int, check: Check
) -> AsyncIterator[tuple[dict[str, str], SentFile | None]]:
    """The texts of a posted form, and its file if one was chosen: at most one, of at most `most` bytes.

    `check` gets the texts before the file is read, and raises for a form that is not ours; a body that is no such form
    has no texts. Raises FileTooLarge, InvalidRequest.
    """
    media_type, options = request.content_type
    if media_type != "multipart/form-data":
        check({})
        raise InvalidRequest("The form is not multipart/form-data.")
    if (request.content_length or 0) > most + MOST_TEXT:
        raise FileTooLarge
    with await asyncio.to_thread(_new_draft, folder) as draft:
        yield await _read(request, options.get("boundary", ""), _Reader(draft, most, check))


async def _read(request: PageRequest, boundary: str, reader: "_Reader") -> tuple[dict[str, str], SentFile | None]:
    try:
        with PushMultipartParser(boundary, max_segment_count=_MOST_SEGMENTS) as parser:
            async for chunk in request.stream():
                for event in parser.parse(chunk) if chunk else ():
                    await reader.take(event)
    except MultipartError as error:
        raise InvalidRequest("The form cannot be read.") from error
    return await reader.finish()


class _Reader:
    """Takes what the parser finds, piece by piece."""

    def __init__(self, draft: BinaryIO, most: int, check: Check) -> None:
        self._draft, self._most, self._check = draft, most, check
        self._texts: dict[str, str] = {}
        self._segment: MultipartSegment | None = None
        self._file: MultipartSegment | None = None
        self._text_size, self._size = 0, 0
        self._held, self._start, self._digest = bytearray(), b"", hashlib.sha256()

    async def take(self, event: MultipartSegment | bytes | None) -> None:
        """A part begins, goes on, or ends."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            await self._end()
        elif self._segment is self._file:
            await self._keep(event)
        else:
            self._text_size += len(event)
            if self._text_size > MOST_TEXT:
                raise InvalidRequest(f"The texts of the form are longer than {MOST_TEXT} bytes.")
            self._held += event

    def _begin(self, segment: MultipartSegment) -> None:
        self._segment = segment
        if segment.filename is None:
            return
        if self._file is not None:
            raise InvalidRequest("The form has more than one file.")
        self._check(self._texts)
        self._file = segment

    async def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise FileTooLarge
        self._held += piece
        if len(self._held) >= _BLOCK:
            await self._write()

    async def _end(self) -> None:
        if self._segment is self._file:
            await self._write()
            return
        name = "" if self._segment is None else self._segment.name or ""
        if name in self._texts:
            raise InvalidRequest("A name in the form is repeated.")
        text = _text(bytes(self._held))
        self._held.clear()
        if text:
            self._texts[name] = text

    async def _write(self) -> None:
        block = bytes(self._held)
        self._start = self._start or block[:512]
        await asyncio.to_thread(_append, self._draft, self._digest, block)
        self._held.clear()

    async def finish(self) -> tuple[dict[str, str], SentFile | None]:
        """The texts and the file, None when none was chosen or it is empty."""
        if self._file is None:
            self._check(self._texts)
        if self._file is None or not self._size:
            return self._texts, None
        media_type = self._file.content_type or ""
        name = self._file.filename or ""
        return self._texts, SentFile(name, media_type, self._size, self._digest.digest(), self._start, self._draft)


def _new_draft(folder: Path) -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))


def _append(draft: BinaryIO, digest: "hashlib._Hash", block: bytes) -> None:
    digest.update(block)
    draft.write(block)


def _text(raw: bytes) -> str:
    if b"\0" in raw:
        raise InvalidRequest("The form contains NUL.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The form is not UTF-8.") from error
