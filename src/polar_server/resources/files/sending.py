"""A file in one piece, which this server announces, sends to the storage and finishes: for who has only a form."""

from collections.abc import AsyncIterator
from contextlib import suppress

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Unavailable
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.errors import RequestValidationError, ResourceNotFound
from polar_server.resource_server.files import File
from polar_server.resources.files import operations
from polar_server.resources.files.answers import announced
from polar_server.resources.files.schemas import CompletedPart, FileCreate, FileUpload, UploadCompleted
from polar_server.resources.files.storing import needed
from polar_server.storage import Storage


async def send_file(
    server: AuthorizationServer, storage: Storage, caller: Caller, new: FileCreate, body: AsyncIterator[bytes]
) -> File:
    """Keep a file; `new` has one part. Raises RequestValidationError, NotPermitted, Unavailable.

    What fails half way is removed at once: it would take its part of the quota for a day.
    """
    made = await operations.create_file(server, storage, caller, new)
    try:
        return await _finished(server, storage, caller, new, made, body)
    except (Unavailable, RequestValidationError):
        with suppress(ResourceNotFound):
            await operations.delete_file(server, storage, caller, made.id)
        raise


async def _finished(
    server: AuthorizationServer,
    storage: Storage,
    caller: Caller,
    new: FileCreate,
    made: FileUpload,
    body: AsyncIterator[bytes],
) -> File:
    [part] = new.upload.parts
    with needed():
        etag = await storage.send(made.id, made.upload.id, announced(part), body)
    sent = [CompletedPart(part.number, etag, part.checksum_sha256_base64)]
    completed = UploadCompleted(made.upload.id, made.upload.path, sent)
    return await operations.finish_file(server, storage, caller, made.id, completed)
