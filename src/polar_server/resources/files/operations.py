"""What can be done with files. Each leaves an entry of the audit log, with what shows or hides the file."""

from msgspec import UNSET

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import record_act, sent_names
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.files import File, file_of
from polar_server.resources.files import queries, uploads
from polar_server.resources.files.answers import upload_of
from polar_server.resources.files.names import clean_name
from polar_server.resources.files.schemas import FileCreate, FileUpdate, FileUpload, UploadCompleted
from polar_server.storage import Storage

READ, WRITE = "files:read", "files:write"


async def create_file(server: AuthorizationServer, storage: Storage, caller: Caller, sent: FileCreate) -> FileUpload:
    """Begin an upload. Raises RequestValidationError, NotPermitted."""
    organization_id = caller.organization_for(sent.organization_id, WRITE)
    file_id = await uploads.begin_upload(server, storage, caller, sent, organization_id)
    async with server.database.read() as tx:
        row = await found(tx, file_id, caller)
    return upload_of(row, server.issuer, storage, row["upload_id"], int(server.clock()))


async def finish_file(
    server: AuthorizationServer, storage: Storage, caller: Caller, file_id: str, completed: UploadCompleted
) -> File:
    """Finish an upload, so that the file can be seen. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    await uploads.finish_upload(server, storage, caller, await _writable(server, file_id, caller), completed)
    async with server.database.read() as tx:
        return file_of(await found(tx, file_id, caller), server.issuer)


async def update_file(server: AuthorizationServer, caller: Caller, file_id: str, sent: FileUpdate) -> File:
    """Change the name or the version. Raises ResourceNotFound, NotPermitted."""
    row, now = await _writable(server, file_id, caller), int(server.clock())
    async with server.database.write() as tx:
        await queries.update_file(
            tx,
            id=file_id,
            organization_id=row["organization_id"],
            name=clean_name(sent.name) if isinstance(sent.name, str) else row["name"],
            version=row["version"] if sent.version is UNSET else sent.version,
            now=now,
        )
        file = file_of(await found(tx, file_id, caller), server.issuer)
        await record_act(tx, caller, "file.updated", file.organization_id, file, now, changed=sent_names(sent))
        return file


async def delete_file(server: AuthorizationServer, storage: Storage, caller: Caller, file_id: str) -> None:
    """Delete a file, or give up its upload. Raises ResourceNotFound, NotPermitted."""
    await uploads.remove_file(server, storage, caller, await _writable(server, file_id, caller))


async def found(tx: Transaction, file_id: str, caller: Caller) -> Row:
    """The file. Raises ResourceNotFound."""
    row = await queries.find_file(tx, file_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    return row


async def _writable(server: AuthorizationServer, file_id: str, caller: Caller) -> Row:
    """The file, for a change that the person's role must allow."""
    async with server.database.read() as tx:
        row = await found(tx, file_id, caller)
    caller.require(row["organization_id"], WRITE)
    return row
