"""An upload from its announcement to the moment when the file can be seen.

The storage is never asked within a transaction. What is only half done is hidden and removed, now or by the sweeper.
"""

import json
from collections.abc import Sequence
from uuid import uuid4

import msgspec
import structlog

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction, Unavailable
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act
from polar_server.resource_server.errors import RequestValidationError, ResourceNotFound, invalid
from polar_server.resources.files import queries, rules
from polar_server.resources.files.answers import announced, created_parts
from polar_server.resources.files.names import clean_name
from polar_server.resources.files.schemas import FileCreate, UploadCompleted
from polar_server.resources.files.storing import needed
from polar_server.storage import Part, PartRefused, SentPart, Storage, StorageFailed, Stored

log = structlog.get_logger()

_Pairs = Sequence[tuple[Part, SentPart]]


async def begin_upload(
    server: AuthorizationServer, storage: Storage, caller: Caller, new: FileCreate, organization_id: str
) -> str:
    """Store a file that waits for its parts; its id. Raises RequestValidationError."""
    rules.check_file(new, storage.least_part)
    file_id, name, now = str(uuid4()), clean_name(new.name), int(server.clock())
    async with server.database.write() as tx:
        await _check_quota(tx, organization_id, new.size, server.settings.storage_quota)
        await queries.add_file(
            tx,
            id=file_id,
            organization_id=organization_id,
            service=new.service,
            name=name,
            path=f"{new.service}/{organization_id}/{file_id}/{name}",
            mime_type=new.mime_type,
            size=new.size,
            version=new.version,
            checksum=new.checksum_sha256_base64,
            parts=msgspec.json.encode(new.upload.parts).decode(),
            now=now,
        )
        await record_act(tx, caller, "file.created", organization_id, Target(file_id, name), now)
    await _begin(server, storage, new, organization_id, file_id)
    return file_id


async def _begin(
    server: AuthorizationServer, storage: Storage, new: FileCreate, organization_id: str, file_id: str
) -> None:
    """Have the storage make room. When it cannot, the row goes, or it would take its part of the quota for a day."""
    try:
        upload_id = await storage.begin(file_id, [announced(part) for part in new.upload.parts])
    except StorageFailed as error:
        async with server.database.write() as tx:
            await queries.hide_file(tx, file_id, organization_id, int(server.clock()))
            await queries.drop_file(tx, file_id, organization_id)
        raise Unavailable(str(error)) from error
    async with server.database.write() as tx:
        await queries.name_upload(tx, file_id, organization_id, upload_id)


async def _check_quota(tx: Transaction, organization_id: str, size: int, quota: int) -> None:
    if quota and await queries.kept_bytes(tx, organization_id) + size > quota * rules.MEBIBYTE:
        raise invalid("size", f"The files of the organization may have {quota} MiB in all.", "quota", size)


async def finish_upload(
    server: AuthorizationServer, storage: Storage, caller: Caller, row: Row, completed: UploadCompleted
) -> None:
    """Join the parts, check the whole, and show the file. Raises RequestValidationError or ResourceNotFound."""
    if completed.id != row["upload_id"]:
        raise invalid("id", "This is not the upload of the file.", "value_error", completed.id)
    if completed.path != row["path"]:
        raise invalid("path", "This is not the path of the file.", "value_error", completed.path)
    if row["uploaded_at"] is not None:
        return
    pairs = rules.match_parts([announced(part) for part in created_parts(row)], completed.parts)
    try:
        stored = await _join(storage, row, pairs)
    except RequestValidationError:
        # A client that waits too long calls again, and the first call has taken the parts.
        if await _is_shown(server, row):
            return
        raise
    refusal = rules.why_refused(stored, row, rules.possible_checksums(stored, pairs))
    if refusal is not None:
        await remove_file(server, storage, caller, row)
        raise refusal
    found = {"checksum": rules.checksum_of(pairs), "etag": stored.etag, "storage_version": stored.version}
    await _show(server, storage, caller, row, found)


async def _join(storage: Storage, row: Row, pairs: _Pairs) -> Stored:
    try:
        with needed():
            return await storage.join(row["id"], row["upload_id"], pairs)
    except PartRefused as error:
        raise rules.refused_part(error.number, error.reason) from error


async def _show(
    server: AuthorizationServer, storage: Storage, caller: Caller, row: Row, found: dict[str, str | None]
) -> None:
    organization_id, now = row["organization_id"], int(server.clock())
    async with server.database.write() as tx:
        shown = await queries.show_file(tx, row["id"], organization_id, now, **found)
        if shown:
            await record_act(tx, caller, "file.uploaded", organization_id, Target(row["id"], row["name"]), now)
    if not shown and not await _is_shown(server, row):
        # It was deleted meanwhile, perhaps before there was anything to remove.
        with needed():
            await storage.remove(row["id"], row["upload_id"])
        raise ResourceNotFound


async def _is_shown(server: AuthorizationServer, row: Row) -> bool:
    async with server.database.read() as tx:
        current = await queries.find_file(tx, row["id"], json.dumps([row["organization_id"]]))
    return current is not None and current["uploaded_at"] is not None


async def remove_file(server: AuthorizationServer, storage: Storage, caller: Caller, row: Row) -> None:
    """Hide a file, then remove its bytes, then its row. What fails is left to the sweeper."""
    organization_id, now = row["organization_id"], int(server.clock())
    async with server.database.write() as tx:
        if await queries.hide_file(tx, row["id"], organization_id, now):
            await record_act(tx, caller, "file.deleted", organization_id, Target(row["id"], row["name"]), now)
    try:
        await storage.remove(row["id"], row["upload_id"])
    except StorageFailed as error:
        log.warning("storage_failed", reason=str(error))
        return
    async with server.database.write() as tx:
        await queries.drop_file(tx, row["id"], organization_id)
