"""Files through the published SDKs."""

import base64
import hashlib
from typing import Any

import httpx
import pytest

from .conftest import Shop
from .libraries import Refused, Sdk

PIECES = (b"the first part ", b"and the last")
PNG = b"\x89PNG\r\n\x1a\n and pixels"


def announced(*pieces: bytes, **changes: Any) -> dict[str, Any]:
    parts, end = [], 0
    for number, piece in enumerate(pieces, 1):
        checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        place = {"number": number, "chunk_start": end, "chunk_end": end + len(piece)}
        parts.append({**place, "checksum_sha256_base64": checksum})
        end += len(piece)
    body = {"service": "downloadable", "name": "guide.txt", "mime_type": "text/plain", "size": end}
    return {**body, "upload": {"parts": parts}, **changes}


def sent(sdk: Sdk, made: dict[str, Any], *pieces: bytes) -> dict[str, Any]:
    """Every part sent as the SDKs' readers are told to, and the upload finished."""
    parts = []
    for part, piece in zip(made["upload"]["parts"], pieces, strict=True):
        answer = httpx.put(part["url"], content=piece, headers=part["headers"])
        assert answer.status_code == 200, answer.text
        said = {"number": part["number"], "checksum_etag": answer.headers["etag"]}
        parts.append({**said, "checksum_sha256_base64": part["checksum_sha256_base64"]})
    body = {"id": made["upload"]["id"], "path": made["upload"]["path"], "parts": parts}
    where = {"id" if sdk.version is None else "id_path": made["id"]}
    done: dict[str, Any] = sdk.call("files", "uploaded", body, **where)
    return done


def test_the_life_of_a_file(sdk: Sdk, shop: Shop) -> None:
    """Announced, sent, listed, changed, and deleted; a second deletion finds nothing."""
    made = sdk.call("files", "create", announced(*PIECES, version="1"))
    assert (made["organization_id"], made["is_uploaded"]) == (shop.organization_id, False)
    done = sent(sdk, made, *PIECES)
    assert (done["id"], done["is_uploaded"], done["size_readable"]) == (made["id"], True, "27.0 B")
    assert sdk.call("files", "pages", limit=1, ids=[done["id"]]) == [done]
    changed = sdk.call("files", "update", {"name": "book.txt"}, id=done["id"])
    assert (changed["name"], changed["version"]) == ("book.txt", "1")
    assert sdk.call("files", "delete", id=done["id"]) is None
    with pytest.raises(Refused) as refused:
        sdk.call("files", "delete", id=done["id"])
    assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)


def test_an_image_has_a_public_address(sdk: Sdk) -> None:
    """An image of a product is there for everybody; what calls itself one and is none is a mistake at its place."""
    kind = {"service": "product_media", "name": "lamp.png", "mime_type": "image/png"}
    done = sent(sdk, sdk.call("files", "create", announced(PNG, **kind)), PNG)
    assert httpx.get(done["public_url"]).content == PNG
    with pytest.raises(Refused) as refused:
        sent(sdk, sdk.call("files", "create", announced(b"<html>", **kind)), b"<html>")
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "parts"])
