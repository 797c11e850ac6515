"""Storage in a folder of this host."""

import dataclasses
from pathlib import Path

import pytest

from polar_server.oauth.server_keys import ServerKeys
from polar_server.storage import BytesRefused, Download, LocalStorage, Part, PartRefused
from polar_server.storage.signed_urls import Permission, Signer

from .parts import announced, said, sha256, streamed

NOW = 1_800_000_000
PIECES = (b"a" * 3_000_000, b"b" * 20, b"c")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path, "http://localhost:8000/v1/files", Signer(ServerKeys([bytes(range(32))])))


def _allowed(part: Part) -> Permission:
    return Permission("PUT", "upload", NOW, part.number, part.length, part.sha256 or "")


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_parts_become_one_object(anyio_backend: object, storage: LocalStorage, tmp_path: Path) -> None:
    """Parts in any order are joined in theirs, read back whole, and leave nothing behind, removed or not."""
    parts = announced(PIECES)
    upload_id = await storage.begin("key-1", parts)
    etags = dict[int, str]()
    for part, piece in reversed(list(zip(parts, PIECES, strict=True))):
        etags[part.number] = await storage.receive(upload_id, _allowed(part), streamed(piece[:1], piece[1:]))
    stored = await storage.join("key-1", upload_id, said(parts, [etags[1], etags[2], etags[3]]))
    assert (stored.size, stored.start) == (3_000_021, b"a" * 512)
    found = storage.read("key-1")
    assert found is not None
    length, blocks = found
    whole = b"".join([block async for block in blocks])
    assert (length, whole) == (3_000_021, b"".join(PIECES))
    assert _files(tmp_path) == ["key-1"]
    await storage.remove("key-1", upload_id)
    await storage.remove("key-1", upload_id)
    assert (_files(tmp_path), storage.read("key-1")) == ([], None)


@pytest.mark.parametrize(
    "body,reason",
    [(b"12345", "more than 4"), (b"123", "3 bytes, not 4"), (b"1235", "SHA-256"), (b"", "0 bytes")],
)
async def test_other_bytes_are_not_kept(
    anyio_backend: object, storage: LocalStorage, tmp_path: Path, body: bytes, reason: str
) -> None:
    """Bytes of another length or checksum leave no file, not even for a moment after the answer."""
    (part,) = announced([b"1234"])
    upload_id = await storage.begin("key-1", [part])
    with pytest.raises(BytesRefused, match=reason):
        await storage.receive(upload_id, _allowed(part), streamed(body))
    assert _files(tmp_path) == []
    with pytest.raises(PartRefused, match="not been sent"):
        await storage.join("key-1", upload_id, said([part], ["x"]))
    assert _files(tmp_path) == []


async def test_what_is_joined_is_what_was_said(anyio_backend: object, storage: LocalStorage, tmp_path: Path) -> None:
    """Another ETag, another checksum, or bytes that changed on the disk are refused; the parts stay."""
    (part,) = announced([b"1234"])
    upload_id = await storage.begin("key-1", [part])
    etag = await storage.receive(upload_id, _allowed(part), streamed(b"1234"))
    ((_, sent),) = said([part], [etag])
    for other in (dataclasses.replace(sent, etag="x"), dataclasses.replace(sent, sha256=sha256(b"other"))):
        with pytest.raises(PartRefused) as refused:
            await storage.join("key-1", upload_id, [(part, other)])
        assert refused.value.number == 1
    (tmp_path / "uploads" / upload_id / "1").write_bytes(b"1235")
    with pytest.raises(PartRefused, match="SHA-256"):
        await storage.join("key-1", upload_id, [(part, sent)])
    assert _files(tmp_path) == ["1"]


async def test_a_part_that_comes_too_late(anyio_backend: object, storage: LocalStorage, tmp_path: Path) -> None:
    """A part of an upload that is over is refused, and brings no folder back."""
    (part,) = announced([b"1234"])
    upload_id = await storage.begin("key-1", [part])
    await storage.remove("key-1", upload_id)
    with pytest.raises(BytesRefused, match="over"):
        await storage.receive(upload_id, _allowed(part), streamed(b"1234"))
    with pytest.raises(PartRefused, match="over"):
        await storage.join("key-1", upload_id, said([part], ["x"]))
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_only_its_own_parts_are_removed(anyio_backend: object, storage: LocalStorage, tmp_path: Path) -> None:
    """An upload whose beginning was cut off has no id: its removal takes nothing of others. No id leads elsewhere."""
    (part,) = announced([b"1234"])
    upload_id = await storage.begin("key-1", [part])
    await storage.receive(upload_id, _allowed(part), streamed(b"1234"))
    await storage.remove("key-2", "")
    for other in ("..", ".", "../objects", "/"):
        with pytest.raises(ValueError, match="no id"):
            await storage.remove("key-2", other)
    assert _files(tmp_path) == ["1"]


async def test_addresses_are_of_this_server(anyio_backend: object, storage: LocalStorage) -> None:
    """Parts and contents have addresses below the given one; a part's checksum goes along as with S3."""
    (part,) = announced([b"1234"])
    address = storage.part_url("key-1", "upload-1", part, NOW)
    assert address.url.startswith("http://localhost:8000/v1/files/upload-1/parts/1?expires=1800003600&length=4&")
    assert address.headers == {"x-amz-checksum-sha256": part.sha256, "x-amz-sdk-checksum-algorithm": "SHA256"}
    assert storage.part_url("key-1", "upload-1", Part(1, 4, None), NOW).headers == {}
    assert "/key-1/content?" in storage.download_url("key-1", Download("attachment", "text/plain"), NOW)
