"""Where the bytes of files go through this server: parts in, contents out. A signed URL is the only credential."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, put
from litestar.params import FromPath
from litestar.response import Stream

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.errors import (
    NotPermitted,
    RequestBodyTooLarge,
    ResourceNotFound,
    invalid,
)
from polar_server.resources.files import queries
from polar_server.resources.files.storing import GivenStorage
from polar_server.storage import BytesRefused, Download, LocalStorage, Storage
from polar_server.storage.signed_urls import Permission

_UNTRUSTED: Mapping[str, str] = {
    # Even where a browser shows the file, it belongs to no origin and runs nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_IMAGE_AGE = "public, max-age=600"
_NO_PERMISSION = "The address is not one that this server signed for this request, or its time is over."


@put("/v1/files/{upload_id:str}/parts/{number:int}", scopes=[], status_code=200, request_max_body_size=None)
async def receive_part(
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    number: FromPath[int],
    server: GivenServer,
    storage: GivenStorage,
) -> Response[None]:
    """Take a part of an upload at the address that was given for it.

    The address allows exactly this part, of the announced length and checksum.
    """
    local = _local(storage)
    permission = local.signer.read("PUT", upload_id, _query(request), int(server.clock()), number)
    if permission is None:
        raise NotPermitted(_NO_PERMISSION)
    _check_length(request, permission)
    try:
        etag = await local.receive(upload_id, permission, request.stream())
    except BytesRefused as error:
        raise invalid("part", str(error)) from error
    return Response(None, headers={"ETag": etag}, status_code=200)


def _check_length(request: Request[Any, Any, Any], permission: Permission) -> None:
    """A length that the client says itself is refused before anything is read."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > permission.length:
        raise RequestBodyTooLarge(f"The part has {permission.length} bytes.")


@get("/v1/files/{file_id:str}/content", scopes=[])
async def send_content(
    request: Request[Any, Any, Any], file_id: FromPath[str], server: GivenServer, storage: GivenStorage
) -> Stream:
    """The bytes of a file, at the address that was given for its download."""
    local = _local(storage)
    permission = local.signer.read("GET", file_id, _query(request), int(server.clock()))
    if permission is None:
        raise NotPermitted(_NO_PERMISSION)
    return _content(local, file_id, Download(permission.disposition, permission.type))


@get("/v1/files/{file_id:str}/image", scopes=[])
async def send_image(file_id: FromPath[str], server: GivenServer, storage: GivenStorage) -> Response[Any]:
    """An image that belongs to a product or stands for an organization: everybody may see it."""
    async with server.database.read() as tx:
        row = await queries.find_image(tx, file_id)
    if row is None:
        raise ResourceNotFound
    download = Download("inline", row["mime_type"])
    if isinstance(storage, LocalStorage):
        return _content(storage, file_id, download, _IMAGE_AGE)
    url = storage.download_url(file_id, download, int(server.clock()))
    return Response(None, status_code=307, headers={"Location": url, "Cache-Control": _IMAGE_AGE})


def _content(local: LocalStorage, file_id: str, download: Download, age: str = "private, no-store") -> Stream:
    found = local.read(file_id)
    if found is None:
        raise ResourceNotFound
    length, blocks = found
    headers = {
        **_UNTRUSTED,
        "Cache-Control": age,
        "Content-Disposition": download.disposition,
        "Content-Length": str(length),
    }
    return Stream(blocks, media_type=download.content_type, headers=headers)


def _local(storage: Storage) -> LocalStorage:
    """The storage of this host. With a bucket there is nothing here."""
    if not isinstance(storage, LocalStorage):
        raise ResourceNotFound
    return storage


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in request.query_params.items()}


routes = [receive_part, send_content, send_image]
