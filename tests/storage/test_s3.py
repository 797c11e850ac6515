"""Storage in a bucket, against a real HTTP server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from polar_server.settings import Settings
from polar_server.storage import Download, Part, PartRefused, SentPart, StorageFailed
from polar_server.storage.s3 import S3Storage
from polar_server.storage.s3_location import read_location

from .buckets import BUCKET
from .parts import announced, said, sha256

NOW = 1_800_000_000
PIECES = (b"a" * 5_242_880, b"b" * 20)


def _storage(endpoint: str) -> S3Storage:
    url = f"s3://{BUCKET}/folder?endpoint={endpoint}"
    settings = Settings(storage_url=url, storage_access_key="key", storage_secret_key="secret")
    return S3Storage(read_location(settings), lambda: NOW)


@pytest.fixture
async def storage(anyio_backend: object, s3_endpoint: str) -> AsyncIterator[S3Storage]:
    storage = _storage(s3_endpoint)
    yield storage
    await storage.close()


async def _send(storage: S3Storage, upload_id: str, part: Part, piece: bytes) -> str:
    address = storage.part_url("key-1", upload_id, part, NOW)
    async with httpx.AsyncClient() as http:
        sent = await http.put(address.url, content=piece, headers=address.headers)
    assert sent.status_code == 200, sent.text
    return sent.headers["etag"]


async def test_parts_become_one_object(storage: S3Storage) -> None:
    """Parts go straight to the bucket, are joined there, downloaded from there, and removed, twice if need be."""
    parts = announced(PIECES)
    upload_id = await storage.begin("key-1", parts)
    etags = [await _send(storage, upload_id, part, piece) for part, piece in zip(parts, PIECES, strict=True)]
    stored = await storage.join("key-1", upload_id, said(parts, etags))
    assert (stored.size, stored.start, stored.sha256) == (5_242_900, b"a" * 512, None)
    async with httpx.AsyncClient() as http:
        url = storage.download_url("key-1", Download('attachment; filename="a b"', "text/plain"), NOW)
        found = await http.get(url)
        assert found.content == b"".join(PIECES)
        assert found.headers["content-disposition"] == 'attachment; filename="a b"'
        assert found.headers["content-type"].startswith("text/plain")
        await storage.remove("key-1", upload_id)
        await storage.remove("key-1", upload_id)
        # Who may not list a bucket is not told that there is nothing.
        assert (await http.get(url)).status_code in (403, 404)


async def test_a_part_that_this_server_has_is_sent_like_any_other(storage: S3Storage) -> None:
    """It is joined with the parts of others; where there is no upload any more, that is a failure of the storage."""

    async def body(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1_000_000):
            yield content[start : start + 1_000_000]

    parts = announced(PIECES)
    upload_id = await storage.begin("key-9", parts)
    etags = [await storage.send("key-9", upload_id, parts[0], body(PIECES[0]))]
    etags.append(await _send(storage, upload_id, parts[1], PIECES[1]))
    assert (await storage.join("key-9", upload_id, said(parts, etags))).size == 5_242_900
    await storage.remove("key-9", upload_id)
    with pytest.raises(StorageFailed, match="to PUT"):
        await storage.send("key-9", upload_id, parts[1], body(PIECES[1]))


async def test_what_is_joined_is_what_was_announced(storage: S3Storage) -> None:
    """A part that is missing, of another length, or of another checksum or ETag than said, is refused by number."""
    parts = announced(PIECES)
    upload_id = await storage.begin("key-1", parts)
    first = await _send(storage, upload_id, parts[0], PIECES[0])
    with pytest.raises(PartRefused, match="not been sent") as refused:
        await storage.join("key-1", upload_id, said(parts, [first, "x"]))
    assert refused.value.number == 2
    second = await _send(storage, upload_id, parts[1], PIECES[1])
    with pytest.raises(PartRefused, match="20 bytes were sent, not 21"):
        await storage.join("key-1", upload_id, [(Part(2, 21, parts[1].sha256), SentPart(2, second, None))])
    with pytest.raises(PartRefused, match="SHA-256"):
        await storage.join("key-1", upload_id, [(parts[1], SentPart(2, second, sha256(b"other")))])
    with pytest.raises(PartRefused, match="ETag"):
        await storage.join("key-1", upload_id, said(parts, [first, "x"]))
    await storage.remove("key-1", upload_id)
    with pytest.raises(PartRefused, match="over"):
        await storage.join("key-1", upload_id, said(parts, [first, second]))


async def test_parts_that_the_bucket_does_not_join(storage: S3Storage) -> None:
    """A refusal of the bucket's own is passed on with its code."""
    pieces = (b"short", b"b")
    parts = announced(pieces)
    upload_id = await storage.begin("key-1", parts)
    etags = [await _send(storage, upload_id, part, piece) for part, piece in zip(parts, pieces, strict=True)]
    with pytest.raises(PartRefused, match="EntityTooSmall"):
        await storage.join("key-1", upload_id, said(parts, etags))
    await storage.remove("key-1", upload_id)


async def test_a_bucket_that_fails(anyio_backend: object, s3_endpoint: str) -> None:
    """A server that is not there, and a bucket that is not, are failures of the storage."""
    nowhere = _storage("http://127.0.0.1:1")
    with pytest.raises(StorageFailed, match="does not answer"):
        await nowhere.begin("key-1", [])
    await nowhere.close()
    settings = Settings(
        storage_url=f"s3://other?endpoint={s3_endpoint}", storage_access_key="key", storage_secret_key="secret"
    )
    other = S3Storage(read_location(settings), lambda: NOW)
    with pytest.raises(StorageFailed, match="404 NoSuchBucket"):
        await other.begin("key-1", [])
    await other.close()
