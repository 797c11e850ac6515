"""`/v1/files/`: list, create, finish an upload, update, delete, and an address to download from."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list
from polar_server.resource_server.times import moment
from polar_server.resources.files import operations, queries
from polar_server.resources.files.names import DOWNLOAD_TYPE, attachment
from polar_server.resources.files.operations import READ, WRITE, found
from polar_server.resources.files.schemas import (
    FileCreate,
    FileDownload,
    FileUpdate,
    FileUpload,
    UploadCompleted,
)
from polar_server.resources.files.storing import GivenStorage
from polar_server.storage import Download
from polar_server.storage.objects import URL_LIFETIME


@get("/v1/files", scopes=[READ, WRITE])
async def list_files(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    ids: Annotated[list[str] | None, QueryParameter(description="With one of these ids.")] = None,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
) -> ListResource[File]:
    """The uploaded files of the caller's organizations, newest first."""
    async with server.database.read() as tx:
        reach, wanted = caller.reach(organization_id), asked_list(ids)
        rows, total = await queries.list_files(tx, reach, wanted, paging.limit, paging.offset)
    return paging.of([file_of(row, server.issuer) for row in rows], total)


@post("/v1/files", scopes=[WRITE], status_code=201)
async def create_file(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer, storage: GivenStorage
) -> FileUpload:
    """Begin an upload: announce the file and its parts, and get an address for each part.

    PUT each part to its address with the given headers, keep the ETag of each answer, then finish the upload.
    """
    return await operations.create_file(server, storage, caller, await read_body(request, FileCreate))


@post("/v1/files/{file_id:str}/uploaded", scopes=[WRITE], status_code=200)
async def finish_file(
    request: Request[Any, Any, Any],
    file_id: FromPath[str],
    caller: GivenCaller,
    server: GivenServer,
    storage: GivenStorage,
) -> File:
    """Finish an upload: its parts are checked and joined, and the file can be seen."""
    completed = await read_body(request, UploadCompleted)
    return await operations.finish_file(server, storage, caller, file_id, completed)


@patch("/v1/files/{file_id:str}", scopes=[WRITE])
async def update_file(
    request: Request[Any, Any, Any], file_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> File:
    """Change the name or the version."""
    return await operations.update_file(server, caller, file_id, await read_body(request, FileUpdate))


@delete("/v1/files/{file_id:str}", scopes=[WRITE], status_code=204)
async def delete_file(file_id: FromPath[str], caller: GivenCaller, server: GivenServer, storage: GivenStorage) -> None:
    """Delete a file, or give up its upload."""
    await operations.delete_file(server, storage, caller, file_id)


@get("/v1/files/{file_id:str}/download", scopes=[READ, WRITE])
async def download_file(
    file_id: FromPath[str], caller: GivenCaller, server: GivenServer, storage: GivenStorage
) -> FileDownload:
    """An address that gives the file as a download, for an hour."""
    async with server.database.read() as tx:
        row = await found(tx, file_id, caller)
    if row["uploaded_at"] is None:
        raise ResourceNotFound
    now = int(server.clock())
    url = storage.download_url(file_id, Download(attachment(row["name"]), DOWNLOAD_TYPE), now)
    return FileDownload(url, moment(now + URL_LIFETIME))


routes = [list_files, create_file, finish_file, update_file, delete_file, download_file]
