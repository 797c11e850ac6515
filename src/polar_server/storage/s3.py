"""Storage in a bucket that speaks the protocol of S3: parts and downloads go there directly, by signed URLs.

The server itself sends small requests only, each by a URL that it signs for a minute.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from types import MappingProxyType

import httpcore

from polar_server.storage.objects import (
    START_LENGTH,
    URL_LIFETIME,
    Download,
    Part,
    PartRefused,
    PartUrl,
    SentPart,
    StorageFailed,
    Stored,
)
from polar_server.storage.s3_location import Location
from polar_server.storage.signatures import Wish, presign

_OWN_LIFETIME = 60
_WAIT = {"connect": 5.0, "read": 60.0, "write": 10.0, "pool": 10.0}
_MOST_READ = 1_048_576
_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
_GONE = (200, 204, 404)
_PART = re.compile(r"<Part>(.*?)</Part>", re.DOTALL)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the storage said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Found:
    """A part that the storage has."""

    number: int
    size: int
    etag: str
    sha256: str | None


class S3Storage:
    """A bucket. `clock` gives epoch seconds, for the requests that this server makes itself."""

    least_part = 5 * 1_048_576
    """The protocol's own rule."""

    def __init__(self, location: Location, clock: Callable[[], float]) -> None:
        self._location, self._clock = location, clock
        self._pool = httpcore.AsyncConnectionPool(max_connections=20)

    async def begin(self, key: str, parts: Sequence[Part]) -> str:
        checked = {"x-amz-checksum-algorithm": "SHA256"} if all(part.sha256 for part in parts) else {}
        answer = await self._call("POST", key, {"uploads": ""}, checked)
        return _member(answer.text, "UploadId")

    def part_url(self, key: str, upload_id: str, part: Part, now: int) -> PartUrl:
        signed = {**part.headers, "content-length": str(part.length)}
        query = {"partNumber": str(part.number), "uploadId": upload_id}
        return PartUrl(self._sign("PUT", key, query, signed, now, URL_LIFETIME), part.headers)

    def download_url(self, key: str, download: Download, now: int) -> str:
        query = {
            "response-content-disposition": download.disposition,
            "response-content-type": download.content_type,
        }
        return self._sign("GET", key, query, {}, now, URL_LIFETIME)

    async def send(self, key: str, upload_id: str, part: Part, body: AsyncIterator[bytes]) -> str:
        address = self.part_url(key, upload_id, part, int(self._clock()))
        headers = {**address.headers, "content-length": str(part.length)}
        answer = await self._exchange("PUT", address.url, headers, body)
        return answer.headers.get("etag", "")

    async def join(self, key: str, upload_id: str, parts: Sequence[tuple[Part, SentPart]]) -> Stored:
        found = await self._list_parts(key, upload_id)
        for part, sent in parts:
            _check_part(part, sent, found.get(part.number))
        body = _completion((found[part.number], part.sha256) for part, _ in parts)
        answer = await self._call("POST", key, {"uploadId": upload_id}, {}, body, expected=(200, 400))
        if answer.status != 200 or "<Error>" in answer.text:
            raise PartRefused(0, f"The storage did not join the parts: {_member(answer.text, 'Code')}.")
        return await self._look(key)

    async def remove(self, key: str, upload_id: str) -> None:
        if upload_id:
            await self._call("DELETE", key, {"uploadId": upload_id}, expected=_GONE)
        await self._call("DELETE", key, {}, expected=_GONE)

    async def close(self) -> None:
        await self._pool.aclose()

    async def _list_parts(self, key: str, upload_id: str) -> dict[int, _Found]:
        """What arrived, by number. Raises PartRefused when the upload is over."""
        found, marker = dict[int, _Found](), "0"
        while True:
            query = {"uploadId": upload_id, "max-parts": "1000", "part-number-marker": marker}
            answer = await self._call("GET", key, query, expected=(200, 404))
            if answer.status == 404:
                raise PartRefused(0, "The upload is over.")
            listed = [_found(text) for text in _PART.findall(answer.text)]
            found |= {part.number: part for part in listed}
            if not listed or _member(answer.text, "IsTruncated") != "true":
                return found
            marker = str(listed[-1].number)

    async def _look(self, key: str) -> Stored:
        """The object's size and beginning."""
        answer = await self._call("GET", key, {}, {"range": f"bytes=0-{START_LENGTH - 1}"}, expected=(206,))
        size = int(answer.headers["content-range"].rpartition("/")[2])
        etag, version = answer.headers.get("etag", "").strip('"'), answer.headers.get("x-amz-version-id")
        return Stored(size, answer.body, etag, version=version)

    def _sign(
        self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], now: int, lifetime: int
    ) -> str:
        return presign(self._location, Wish(method, self._location.path + key, query, headers, lifetime), now)

    async def _call(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        expected: Sequence[int] = (200,),
    ) -> _Answer:
        """One small request. Raises StorageFailed for no answer, or for one with another status."""
        url = self._sign(method, key, query, headers, int(self._clock()), _OWN_LIFETIME)
        return await self._exchange(method, url, {**headers, "content-length": str(len(body))}, body, expected)

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes],
        expected: Sequence[int] = (200,),
    ) -> _Answer:
        """The answer to a signed request. Raises StorageFailed."""
        sent = [*headers.items(), ("host", self._location.host)]
        try:
            async with self._pool.stream(
                method, url, headers=sent, content=body, extensions={"timeout": _WAIT}
            ) as response:
                answer = await _read(response)
        except _FAILURES as error:
            raise StorageFailed(f"The storage does not answer: {type(error).__name__}.") from error
        if answer.status not in expected:
            code = _member(answer.text, "Code")
            raise StorageFailed(f"The storage answered {answer.status} {code} to {method}.")
        return answer


async def _read(response: httpcore.Response) -> _Answer:
    body = bytearray()
    async for piece in response.aiter_stream():
        body += piece
        if len(body) > _MOST_READ:
            raise StorageFailed("The storage answers too much.")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    return _Answer(response.status, headers, bytes(body))


def _found(text: str) -> _Found:
    return _Found(
        int(_member(text, "PartNumber")),
        int(_member(text, "Size")),
        _member(text, "ETag"),
        _member(text, "ChecksumSHA256") or None,
    )


def _check_part(part: Part, sent: SentPart, found: _Found | None) -> None:
    if found is None:
        raise PartRefused(part.number, "This part has not been sent.")
    if found.size != part.length:
        raise PartRefused(part.number, f"{found.size} bytes were sent, not {part.length}.")
    # Not every server lists checksums. The signed headers of a part made it compare the announced one.
    known = found.sha256 or part.sha256
    if any(said not in (None, known) for said in (part.sha256, sent.sha256)):
        raise PartRefused(part.number, "The SHA-256 of what was sent is another one.")
    if sent.etag.strip('"') != found.etag.strip('"'):
        raise PartRefused(part.number, "The ETag is not the one that was answered.")


def _completion(parts: Iterable[tuple[_Found, str | None]]) -> bytes:
    """The body of CompleteMultipartUpload. The storage compares the checksums once more."""
    lines = [
        f"<Part><PartNumber>{found.number}</PartNumber><ETag>{escape(found.etag)}</ETag>"
        + (f"<ChecksumSHA256>{sha256}</ChecksumSHA256>" if sha256 else "")
        + "</Part>"
        for found, sha256 in parts
    ]
    return f"<CompleteMultipartUpload>{''.join(lines)}</CompleteMultipartUpload>".encode()


def _member(text: str, name: str) -> str:
    """The text of the first element of this name: the answers are flat and come from our own bucket."""
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else ""
