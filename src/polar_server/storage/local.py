"""Storage in a folder of this host. A file has its name only when it is whole: everything else is a draft beside it."""

import asyncio
import base64
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from polar_server.storage.objects import (
    START_LENGTH,
    URL_LIFETIME,
    BytesRefused,
    Download,
    Part,
    PartRefused,
    PartUrl,
    SentPart,
    Stored,
)
from polar_server.storage.signed_urls import Permission, Signer

_BLOCK = 1_048_576


class LocalStorage:
    """Parts in `uploads/<upload id>/<number>`, whole objects in `objects/<two letters>/<key>`.

    `url` is where this server's endpoints for parts and contents are.
    """

    least_part = 0

    def __init__(self, folder: Path, url: str, signer: Signer) -> None:
        self._folder, self._url, self.signer = folder, url, signer

    async def begin(self, key: str, parts: Sequence[Part]) -> str:  # noqa: ARG002 - a folder needs neither
        upload_id = uuid4().hex
        await asyncio.to_thread(self._uploads(upload_id).mkdir, parents=True, mode=0o700)
        return upload_id

    def part_url(self, key: str, upload_id: str, part: Part, now: int) -> PartUrl:  # noqa: ARG002 - the upload is enough
        permission = Permission("PUT", upload_id, now + URL_LIFETIME, part.number, part.length, part.sha256 or "")
        return PartUrl(f"{self._url}/{upload_id}/parts/{part.number}?{self.signer.query(permission)}", part.headers)

    def download_url(self, key: str, download: Download, now: int) -> str:
        permission = Permission(
            "GET", key, now + URL_LIFETIME, disposition=download.disposition, type=download.content_type
        )
        return f"{self._url}/{key}/content?{self.signer.query(permission)}"

    async def send(self, key: str, upload_id: str, part: Part, body: AsyncIterator[bytes]) -> str:  # noqa: ARG002
        permission = Permission("PUT", upload_id, 0, part.number, part.length, part.sha256 or "")
        return await self.receive(upload_id, permission, body)

    async def receive(self, upload_id: str, permission: Permission, body: AsyncIterator[bytes]) -> str:
        """Keep a part if it has the permission's length and checksum; its ETag. Raises BytesRefused."""
        folder = self._uploads(upload_id)
        draft = folder / f"{permission.part}.{uuid4().hex}"
        try:
            digest = await _write(draft, body, permission.length)
            if permission.checksum not in ("", base64.b64encode(digest).decode()):
                raise BytesRefused("The SHA-256 of the part is not the one that was announced.")
            await asyncio.to_thread(draft.replace, folder / str(permission.part))
        except FileNotFoundError:
            raise BytesRefused("The upload is over.") from None
        finally:
            await asyncio.to_thread(draft.unlink, missing_ok=True)
        return f'"{digest.hex()}"'

    async def join(self, key: str, upload_id: str, parts: Sequence[tuple[Part, SentPart]]) -> Stored:
        return await asyncio.to_thread(self._join, key, upload_id, parts)

    def _join(self, key: str, upload_id: str, parts: Sequence[tuple[Part, SentPart]]) -> Stored:
        folder = self._uploads(upload_id)
        draft = folder / f"whole.{uuid4().hex}"
        try:
            stored = _join_files(draft, folder, parts)
            self._object(key).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.replace(self._object(key))
        except FileNotFoundError:
            raise PartRefused(0, "The upload is over.") from None
        finally:
            draft.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        return stored

    def read(self, key: str) -> tuple[int, AsyncIterator[bytes]] | None:
        """The length of an object and its bytes, None when there is none."""
        try:
            file = self._object(key).open("rb")
        except FileNotFoundError:
            return None
        return os.fstat(file.fileno()).st_size, _blocks(file)

    async def remove(self, key: str, upload_id: str) -> None:
        if upload_id:
            await asyncio.to_thread(shutil.rmtree, self._uploads(upload_id), ignore_errors=True)
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._object(key).unlink)

    async def close(self) -> None:
        """Nothing is held open."""

    def _uploads(self, upload_id: str) -> Path:
        # Everything below it is removed with it: an empty id would be the folder of all uploads.
        if not upload_id.isalnum():
            raise ValueError(f"{upload_id!r} is no id of an upload")
        return self._folder / "uploads" / upload_id

    def _object(self, key: str) -> Path:
        return self._folder / "objects" / key[:2] / key


async def _write(draft: Path, body: AsyncIterator[bytes], length: int) -> bytes:
    """Write a body of exactly this length, and give its SHA-256. Raises BytesRefused as soon as it is longer."""
    digest, written = hashlib.sha256(), 0
    descriptor = await asyncio.to_thread(os.open, draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        async for block in _in_blocks(body):
            written += len(block)
            if written > length:
                raise BytesRefused(f"The part has more than {length} bytes.")
            await asyncio.to_thread(_append, descriptor, digest, block)
        if written < length:
            raise BytesRefused(f"The part has {written} bytes, not {length}.")
    finally:
        await asyncio.to_thread(os.close, descriptor)
    return digest.digest()


def _append(descriptor: int, digest: "hashlib._Hash", block: bytes) -> None:
    digest.update(block)
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


async def _in_blocks(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks that are worth a thread."""
    block = bytearray()
    async for piece in body:
        block += piece
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _join_files(draft: Path, folder: Path, parts: Sequence[tuple[Part, SentPart]]) -> Stored:
    """One file of the parts, each read, checked and written once. Raises PartRefused."""
    whole, size, start = hashlib.sha256(), 0, b""
    with draft.open("xb") as out:
        draft.chmod(0o600)
        for part, sent in parts:
            digest = hashlib.sha256()
            for block in _part_blocks(folder, part.number):
                digest.update(block)
                whole.update(block)
                size += out.write(block)
                start = start or block[:START_LENGTH]
            _check_part(part, sent, digest)
        out.flush()
        os.fsync(out.fileno())
    return Stored(size, start, whole.hexdigest(), whole.digest())


def _part_blocks(folder: Path, number: int) -> Iterator[bytes]:
    try:
        file = (folder / str(number)).open("rb")
    except FileNotFoundError:
        raise PartRefused(number, "This part has not been sent.") from None
    with file:
        while block := file.read(_BLOCK):
            yield block


def _check_part(part: Part, sent: SentPart, digest: "hashlib._Hash") -> None:
    sha256 = base64.b64encode(digest.digest()).decode()
    if any(said not in (None, sha256) for said in (part.sha256, sent.sha256)):
        raise PartRefused(part.number, "The SHA-256 of what was sent is another one.")
    if sent.etag.strip('"') != digest.hexdigest():
        raise PartRefused(part.number, "The ETag is not the one that was answered.")


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
