"""Files: announced, sent in parts, checked, and handed out."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.storage.buckets import BUCKET, bucket
from tests.world import Api, World, token_of

from polar_server.accounts.roles import Role
from polar_server.app import build
from polar_server.oauth.server_keys import ServerKeys
from polar_server.resources.files.sweeping import ABANDONED_AFTER, sweep
from polar_server.settings import Settings
from polar_server.storage import LocalStorage, Stored, storage_for

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
TEXT = (b"one " * 1000, b"two " * 1000, b"three")
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    with bucket() as endpoint:
        yield endpoint


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def described(pieces: Sequence[bytes], **changes: Any) -> dict[str, Any]:
    """The body that announces a file of these pieces."""
    parts, end = [], 0
    for number, piece in enumerate(pieces, 1):
        part = {"number": number, "chunk_start": end, "chunk_end": end + len(piece)}
        parts.append({**part, "checksum_sha256_base64": sha256(piece)})
        end += len(piece)
    body = {"service": "downloadable", "name": "guide.txt", "mime_type": "text/plain", "size": end}
    return {**body, "upload": {"parts": parts}, **changes}


def image(data: bytes = PNG, **changes: Any) -> dict[str, Any]:
    return described([data], **{"service": "product_media", "name": "lamp.png", "mime_type": "image/png", **changes})


async def send(api: Api, url: str, piece: bytes, method: str = "PUT") -> httpx.Response:
    """Send a part as a program without a token does."""
    return await api.http.request(method, url, content=piece)


async def begun(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    made = await api.post("/v1/files/", body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def finish(api: Api, made: dict[str, Any], etags: Sequence[str], **changes: Any) -> httpx.Response:
    parts = [
        {"number": part["number"], "checksum_etag": etag, "checksum_sha256_base64": part["checksum_sha256_base64"]}
        for part, etag in zip(made["upload"]["parts"], etags, strict=True)
    ]
    body = {"id": made["upload"]["id"], "path": made["upload"]["path"], "parts": parts, **changes}
    return await api.post(f"/v1/files/{made['id']}/uploaded", body)


async def sent(api: Api, made: dict[str, Any], pieces: Sequence[bytes]) -> list[str]:
    """Every part sent to its address; the ETags."""
    answers = [await send(api, part["url"], piece) for part, piece in zip(made["upload"]["parts"], pieces, strict=True)]
    assert [answer.status_code for answer in answers] == [200] * len(pieces), answers[-1].text
    return [answer.headers["etag"] for answer in answers]


async def uploaded(api: Api, body: dict[str, Any], pieces: Sequence[bytes]) -> dict[str, Any]:
    made = await begun(api, body)
    done = await finish(api, made, await sent(api, made, pieces))
    assert done.status_code == 200, done.text
    found: dict[str, Any] = done.json()
    return found


def place(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 422, answer.text
    loc: list[Any] = answer.json()["detail"][0]["loc"]
    return loc


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


async def test_the_life_of_a_file(world: World, api: Api, settings: Settings) -> None:
    """Announced, sent in three parts, checked, listed, renamed, downloaded and deleted; unseen before it is whole."""
    composite = sha256(b"".join(hashlib.sha256(piece).digest() for piece in TEXT))
    body = described(TEXT, version="1.0", checksum_sha256_base64=composite)
    made = await begun(api, body)
    assert made["path"] == made["upload"]["path"] == f"downloadable/{api.organization_id}/{made['id']}/guide.txt"
    assert (made["is_uploaded"], made["size"], made["size_readable"]) == (False, 8005, "7.8 KB")
    assert made["upload"]["parts"][1]["headers"]["x-amz-checksum-sha256"] == sha256(TEXT[1])
    etags = await sent(api, made, TEXT)
    assert (await api.get("/v1/files/")).json()["items"] == []
    assert (await api.get(f"/v1/files/{made['id']}/download")).status_code == 404

    done = (await finish(api, made, etags)).json()
    assert (done["is_uploaded"], done["checksum_sha256_base64"]) == (True, composite)
    assert bytes.fromhex(done["checksum_sha256_hex"]) == base64.b64decode(composite)
    assert (await finish(api, made, etags)).json() == done, "a repeated call gets the same answer"
    assert (await api.get(f"/v1/files/?ids={done['id']}&organization_id={api.organization_id}")).json() == {
        "items": [done],
        "pagination": {"total_count": 1, "max_page": 1},
    }
    assert (await api.get(f"/v1/files?ids={NOBODY}")).json()["items"] == []

    changed = (await api.patch(f"/v1/files/{done['id']}", {"name": 'a"; filename=evil.html', "version": None})).json()
    assert (changed["name"], changed["version"], changed["path"]) == ('a"; filename=evil.html', None, done["path"])
    link = (await api.get(f"/v1/files/{done['id']}/download")).json()
    found = await api.http.get(link["url"])
    assert (found.status_code, found.content) == (200, b"".join(TEXT))
    assert found.headers["content-type"] == "application/octet-stream"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"].startswith("sandbox")
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"a__ filename_evil.html\"; filename*=UTF-8''a%22%3B%20filename%3Devil.html"
    )
    assert (await api.delete(f"/v1/files/{done['id']}")).status_code == 204
    assert (await api.http.get(link["url"])).status_code == 404
    assert (await api.get("/v1/files/")).json()["items"] == []
    assert kept(settings.data_dir / "files") == []


async def test_bytes_that_were_not_announced(api: Api) -> None:
    """Another checksum, more bytes or fewer are refused where they arrive; the right ones can follow."""
    made = await begun(api, described(TEXT))
    url = made["upload"]["parts"][2]["url"]
    assert place(await send(api, url, b"threE")) == ["body", "part"]
    assert place(await send(api, url, b"thre")) == ["body", "part"]
    assert (await send(api, url, b"three and more")).status_code == 413
    etags = await sent(api, made, TEXT)
    assert place(await finish(api, made, [etags[0], etags[2], etags[1]])) == ["body", "parts", 1]
    for changes, where in (
        ({"id": made["id"]}, "id"),
        ({"path": "../../etc/passwd"}, "path"),
        ({"parts": [{"number": 1, "checksum_etag": etags[0]}] * 3}, "parts"),
        ({"parts": [{"number": number, "checksum_etag": etags[0]} for number in (1, 2, 4)]}, "parts"),
    ):
        assert place(await finish(api, made, etags, **changes))[:2] == ["body", where]
    assert (await finish(api, made, etags)).status_code == 200


async def test_a_part_that_never_came(api: Api) -> None:
    """An upload without one of its parts is not finished, and can still be."""
    made = await begun(api, described(TEXT))
    etags = [(await send(api, made["upload"]["parts"][0]["url"], TEXT[0])).headers["etag"], "x", "x"]
    assert place(await finish(api, made, etags)) == ["body", "parts", 1]
    assert (await finish(api, made, await sent(api, made, TEXT))).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_call_that_is_overtaken(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call finishes the upload before the first one gets to the parts: both see the file."""
    made = await begun(api, described(TEXT))
    etags, join = await sent(api, made, TEXT), LocalStorage.join

    async def join_late(self: LocalStorage, *upload: Any) -> Stored:
        monkeypatch.setattr(LocalStorage, "join", join)
        assert (await finish(api, made, etags)).status_code == 200
        return await join(self, *upload)

    monkeypatch.setattr(LocalStorage, "join", join_late)
    assert (await finish(api, made, etags)).json()["is_uploaded"] is True


async def test_an_address_is_for_one_part_and_a_time(world: World, api: Api) -> None:
    """An address works for its own part, by PUT, unchanged, for an hour; nothing else is told about it."""
    made = await begun(api, described(TEXT))
    first, second = (part["url"] for part in made["upload"]["parts"][:2])
    other = first.replace("/parts/1?", "/parts/2?")
    for url in (other, f"{first}x", first.replace("length=4000", "length=9999"), first.partition("?")[0]):
        assert (await send(api, url, TEXT[0])).status_code == 403
    assert (await send(api, first, TEXT[0], "POST")).status_code == 405
    assert (await send(api, first.replace("/parts/1?", "/content?"), b"", "GET")).status_code == 403
    world.clock.now += 3601
    assert (await send(api, second, TEXT[1])).status_code == 403
    assert (await send(api, first.replace("expires=", "expires=9"), TEXT[0])).status_code == 403


async def test_a_download_address_cannot_be_changed(world: World, api: Api) -> None:
    """Another file, type or way of being shown, or a later time, opens nothing."""
    done = await uploaded(api, described(TEXT), TEXT)
    other = await uploaded(api, described([b"other"]), [b"other"])
    url = (await api.get(f"/v1/files/{done['id']}/download")).json()["url"]
    for changed in (
        url.replace(done["id"], other["id"]),
        url.replace("octet-stream", "html"),
        url.replace("attachment", "inline"),
        url.replace("expires=1", "expires=2"),
    ):
        assert changed != url
        assert (await api.http.get(changed)).status_code == 403
    assert (await api.http.put(url)).status_code == 405
    world.clock.now += 3600
    assert (await api.http.get(url)).status_code == 403


REFUSED: tuple[tuple[dict[str, Any], list[Any]], ...] = (
    ({"mime_type": "image/svg+xml"}, ["mime_type"]),
    ({"mime_type": "IMAGE/PNG; charset=x"}, ["mime_type"]),
    ({"mime_type": "image/png\r\nX: y"}, ["mime_type"]),
    ({"size": 10 * 1_048_576 + 1}, ["size"]),
    ({"service": "organization_avatar", "size": 1_048_577}, ["size"]),
    ({"service": "support_case_attachment"}, ["service"]),
    ({"size": 10**18}, ["size"]),
    ({"size": 0}, ["size"]),
    ({"size": 129}, ["upload", "parts", 0, "chunk_end"]),
    ({"name": ""}, ["name"]),
    ({"name": ".."}, ["name"]),
    ({"name": "A" * 5000}, ["name"]),
    ({"upload": {"parts": []}}, ["upload", "parts"]),
    ({"checksum_sha256_base64": "nonsense"}, ["checksum_sha256_base64"]),
)
WRONG_PARTS: tuple[tuple[int, dict[str, Any], list[Any]], ...] = (
    (1, {"chunk_start": 3999}, [1, "chunk_start"]),
    (1, {"chunk_start": 4001}, [1, "chunk_start"]),
    (1, {"chunk_end": 4000}, [1, "chunk_start"]),
    (1, {"number": 1}, [1, "number"]),
    (2, {"number": 4}, [2, "number"]),
    (2, {"checksum_sha256_base64": None}, []),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_announcements_that_are_refused(api: Api) -> None:
    """A type that is no image, a size over the limit, a name that is none, parts with gaps: each at its place."""
    for changes, where in REFUSED:
        assert place(await api.post("/v1/files/", image(**changes))) == ["body", *where]
    for index, changes, where in WRONG_PARTS:
        body = described(TEXT)
        body["upload"]["parts"][index] |= changes
        assert place(await api.post("/v1/files/", body)) == ["body", "upload", "parts", *where]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_names_are_labels(api: Api, settings: Settings) -> None:
    """Folders and invisible characters are taken out of a name; no name decides where the bytes are."""
    ids = []
    for name, label in (
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\a.exe", "a.exe"),
        ("con.png\u202egnp.exe", "con.pnggnp.exe"),
        ("a\r\nb\u200b.txt", "ab.txt"),
    ):
        done = await uploaded(api, described([b"x"], name=name), [b"x"])
        assert (done["name"], done["path"].rpartition("/")[2]) == (label, label)
        ids.append(done["id"])
    assert kept(settings.data_dir / "files") == sorted(ids)


async def test_images_are_what_they_say(api: Api, settings: Settings) -> None:
    """HTML that calls itself PNG is removed; a real image has a public address which runs nothing."""
    html = b"<html><script>alert(1)</script>" + b" " * 100
    made = await begun(api, image(html))
    assert place(await finish(api, made, await sent(api, made, [html]))) == ["body", "parts"]
    assert (await api.http.get(made["public_url"])).status_code == 404
    assert kept(settings.data_dir / "files") == []

    done = await uploaded(api, image(), [PNG])
    found = await api.http.get(done["public_url"])
    assert (found.status_code, found.content, found.headers["content-type"]) == (200, PNG, "image/png")
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"].startswith("sandbox")
    private = await uploaded(api, described([b"x"]), [b"x"])
    assert private["public_url"] is None
    assert (await api.http.get(f"/v1/files/{private['id']}/image")).status_code == 404


async def test_the_checksum_of_the_whole(api: Api) -> None:
    """The digest of the file counts as well as that of the digests; another one removes the file."""
    whole = sha256(b"".join(TEXT))
    assert (await uploaded(api, described(TEXT, checksum_sha256_base64=whole), TEXT))["is_uploaded"] is True
    made = await begun(api, described(TEXT, checksum_sha256_base64=sha256(b"other")))
    assert place(await finish(api, made, await sent(api, made, TEXT))) == ["body", "parts"]
    assert (await api.get(f"/v1/files/{made['id']}/download")).status_code == 404


async def test_strangers_and_members(world: World, api: Api, stranger: Api) -> None:
    """A file of somebody else does not exist; a member of the organization reads, and does not write."""
    done = await uploaded(api, described(TEXT), TEXT)
    waiting = await begun(api, described(TEXT))
    member = await world.person("member@example.com")
    assert api.organization_id is not None
    await world.join(api.organization_id, member, Role.MEMBER)
    reader = await token_of(world, member, api.organization_id, sub_type="user")
    for file_id in (done["id"], waiting["id"], NOBODY):
        upload = {"id": "x", "path": "x", "parts": [{"number": 1, "checksum_etag": "x"}]}
        for method, path, body in (
            ("GET", "/download", None),
            ("PATCH", "", {"name": "mine"}),
            ("POST", "/uploaded", upload),
            ("DELETE", "", None),
        ):
            answer = await stranger.call(method, f"/v1/files/{file_id}{path}", body)
            assert (answer.status_code, answer.json()["error"]) == (404, "ResourceNotFound")
    assert (await stranger.get(f"/v1/files/?organization_id={api.organization_id}")).json()["items"] == []
    assert (await reader.get("/v1/files/")).json()["items"] == [done]
    refused = [
        await reader.post("/v1/files/", described(TEXT, organization_id=api.organization_id)),
        await reader.delete(f"/v1/files/{done['id']}"),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert (await api.http.get("/v1/files/")).status_code == 401


async def test_what_nobody_finished_is_swept(world: World, api: Api, settings: Settings) -> None:
    """A day later an unfinished upload is gone with its bytes and its share of the quota; finished files stay."""
    done = await uploaded(api, described(TEXT), TEXT)
    waiting = await begun(api, described(TEXT))
    await sent(api, waiting, TEXT)
    storage = storage_for(settings, world.server.server_keys, world.clock)
    now = int(world.clock())
    assert await sweep(world.server.database, storage, now + ABANDONED_AFTER) == {"files": 0}
    assert await sweep(world.server.database, storage, now + ABANDONED_AFTER + 1) == {"files": 1}
    assert kept(settings.data_dir / "files") == [done["id"]]
    assert (await finish(api, waiting, ["x", "x", "x"])).status_code == 404
    assert [item["id"] for item in (await api.get("/v1/files/")).json()["items"]] == [done["id"]]


class TestQuota:
    """With a quota of one MiB for each organization."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, storage_quota=1)

    async def test_begun_uploads_count(self, api: Api, stranger: Api) -> None:
        """What would go over the quota is refused, also beside an upload that has only begun; others have their own."""
        half = described([b"x" * 524_288])
        waiting = await begun(api, half)
        await begun(api, half)
        assert (await api.post("/v1/files/", described([b"x"]))).json()["detail"][0]["type"] == "quota"
        await begun(stranger, half)
        assert (await api.delete(f"/v1/files/{waiting['id']}")).status_code == 204
        await begun(api, half)


class TestBucket:
    """With the files in a bucket."""

    @pytest.fixture
    def settings(self, settings: Settings, s3_endpoint: str) -> Settings:
        url = f"s3://{BUCKET}?endpoint={s3_endpoint}"
        return replace(settings, storage_url=url, storage_access_key="key", storage_secret_key="secret")

    async def test_the_life_of_an_image(self, api: Api) -> None:
        """Parts and downloads go to the bucket; the public address leads there; what is no image is removed."""
        pieces = [PNG.ljust(5_242_880, b"."), b"the rest"]
        kind = {"service": "product_media", "mime_type": "image/png"}
        async with httpx.AsyncClient() as http:
            for body, status in ((pieces, 200), ([b"<html>".ljust(5_242_880), b"the rest"], 422)):
                made = await begun(api, described(body, **kind))
                etags = []
                for part, piece in zip(made["upload"]["parts"], body, strict=True):
                    answer = await http.put(part["url"], content=piece, headers=part["headers"])
                    etags.append(answer.headers["etag"])
                assert (await finish(api, made, etags)).status_code == status
            (done,) = (await api.get("/v1/files/")).json()["items"]
            address = (await api.http.get(done["public_url"])).headers["location"]
            link = (await api.get(f"/v1/files/{done['id']}/download")).json()["url"]
            for url in (address, link):
                assert (await http.get(url)).content == b"".join(pieces)
            assert (await http.get(link)).headers["content-disposition"].startswith("attachment")
            assert (await api.http.put(f"/v1/files/{NOBODY}/parts/1?{urlsplit(link).query}")).status_code == 404
            assert (await api.delete(f"/v1/files/{done['id']}")).status_code == 204
            assert (await http.get(link)).status_code != 200

    async def test_short_parts(self, api: Api) -> None:
        """A bucket joins no parts under 5 MiB, so they are refused when they are announced."""
        assert place(await api.post("/v1/files/", described(TEXT))) == ["body", "upload", "parts", 0, "chunk_end"]


async def test_a_bucket_that_does_not_answer(world: World, api: Api, settings: Settings) -> None:
    """Without its storage the server says when to try again and counts nothing; what was deleted is gone anyway."""
    done = await uploaded(api, described([b"x"]), [b"x"])
    away = replace(
        settings, storage_url="s3://b?endpoint=http://127.0.0.1:1", storage_access_key="a", storage_secret_key="s"
    )
    app: Any = build(away, ServerKeys([bytes(range(32))]), world.clock)
    transport = httpx.ASGITransport(app=app)
    async with app.framework.lifespan(), httpx.AsyncClient(transport=transport, base_url=settings.issuer) as http:
        there = replace(api, http=http)
        answer = await there.post("/v1/files/", described([b"y"]))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await there.delete(f"/v1/files/{done['id']}")).status_code == 204
    assert (await api.get("/v1/files/")).json()["items"] == []
    assert kept(settings.data_dir / "files") == [done["id"]]
    storage = storage_for(settings, world.server.server_keys, world.clock)
    assert await sweep(world.server.database, storage, int(world.clock())) == {"files": 1}, "the deleted file alone"
    assert kept(settings.data_dir / "files") == []


async def test_images_of_a_product(api: Api, stranger: Api) -> None:
    """A product shows its images in their order; only finished images of its own organization, and none deleted."""
    first, second = [await uploaded(api, image(), [PNG]) for _ in range(2)]
    document = await uploaded(api, described([b"x"]), [b"x"])
    waiting, foreign = await begun(api, image()), await uploaded(stranger, image(), [PNG])
    product = {"name": "Night lamp", "prices": [{"amount_type": "free"}]}
    for other in (document, waiting, foreign, {"id": NOBODY}):
        refused = await api.post("/v1/products/", {**product, "medias": [first["id"], other["id"]]})
        assert place(refused) == ["body", "medias", 1]
    made = (await api.post("/v1/products/", {**product, "medias": [second["id"], first["id"]]})).json()
    assert made["medias"] == [second, first]
    path = f"/v1/products/{made['id']}"
    assert (await api.patch(path, {"name": "Day lamp", "medias": None})).json()["medias"] == [second, first]
    assert place(await api.patch(path, {"medias": [foreign["id"]]})) == ["body", "medias", 0]
    await api.delete(f"/v1/files/{second['id']}")
    assert (await api.get("/v1/products/")).json()["items"][0]["medias"] == [first]
    assert (await api.patch(path, {"medias": []})).json()["medias"] == []
