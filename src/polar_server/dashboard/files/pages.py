"""`/dashboard/{slug}/files`: the list, an upload, and everything that can be done with one."""

import json
from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.files import forms
from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.database import Transaction, Unavailable
from polar_server.html import Page, csrf, redirect
from polar_server.html.file_forms import FileTooLarge, SentFile, read_file_form
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.benefits.queries import BenefitFilter, list_benefits
from polar_server.resources.files import list_queries, operations, queries
from polar_server.resources.files.list_queries import FileFilter
from polar_server.resources.files.names import DOWNLOAD_TYPE, attachment
from polar_server.resources.files.rules import MEBIBYTE
from polar_server.resources.files.schemas import FileCreate, FileUpdate
from polar_server.resources.files.sending import send_file
from polar_server.resources.files.storing import GivenStorage
from polar_server.storage import Download, Storage

_AREA = f"{PREFIX}/files"
_ONE = f"{_AREA}/{{file_id:str}}"
_MOST_BENEFITS = 100


@get(_AREA)
async def show_files(place: GivenPlace) -> Page:
    """The files, newest first, also those whose upload is not finished, and how much room is left."""
    asked = asked_of(place.request, list_queries.SORTING, "-created_at", purpose=tuple(forms.PURPOSES))
    purpose = asked.chosen["purpose"]
    wanted = FileFilter(
        organization_ids=place.caller.reach(),
        services=json.dumps([purpose]) if purpose else None,
        query=asked.query or None,
    )
    async with place.server.database.read() as tx:
        rows, total = await list_queries.list_files(tx, wanted, asked.order, PER_PAGE, asked.offset)
        room = await _room(tx, place)
    files = [file_of(row, place.server.issuer) for row in rows]
    return place.render("files/list", listed=asked.of(files, total), purposes=forms.PURPOSES, room=room)


@get(f"{_AREA}/new")
async def show_upload(place: GivenPlace) -> Page:
    """The form that uploads a file; a link to it may say what for."""
    place.require(operations.WRITE)
    return await _upload_page(place, {"purpose": place.request.query_params.get("purpose", "")})


@post(f"{_AREA}/new", status_code=303, request_max_body_size=None)
async def submit_upload(place: GivenPlace, storage: GivenStorage) -> Page:
    """Keep a file, in the way that the API's uploads take."""

    def check(texts: Mapping[str, str]) -> None:
        place.check_form(texts.get(csrf.FIELD, ""))
        place.require(operations.WRITE)

    folder = place.server.settings.data_dir
    try:
        async with read_file_form(place.request, folder, forms.MOST, check) as (form, file):
            return await _keep(place, storage, form, file)
    except FileTooLarge:
        return await _upload_page(place, {}, 413, forms.too_large())


async def _keep(place: Place, storage: Storage, form: Mapping[str, str], file: SentFile | None) -> Page:
    purpose = form.get("purpose", "")
    errors = forms.why_refused(purpose, file)
    if errors or file is None:
        return await _upload_page(place, form, 422, errors)
    try:
        new = read_sent(forms.sent_of(purpose, file), FileCreate)
        kept = await send_file(place.server, storage, place.caller, new, file.blocks())
    except ApiError as refused:
        errors = errors_of(refused, (), size="file", name="file", parts="file", mime_type="file")
        return await _upload_page(place, form, refused.status, errors)
    except Unavailable:
        return await _upload_page(place, form, 503, {"form": "The storage does not answer. Try again in a moment."})
    return place.go("files", kept.id, done="uploaded")


@get(_ONE)
async def show_file(place: GivenPlace, file_id: FromPath[str]) -> Page:
    """A file, and the form that renames it."""
    file = await _find(place, file_id)
    return _file_page(place, file, {"name": file.name, "version": file.version or ""})


@post(_ONE, status_code=303)
async def submit_file(place: GivenPlace, file_id: FromPath[str]) -> Page:
    """Rename a file, or say which version it is."""
    form = await place.read_form()
    file = await _find(place, file_id)
    sent = {"name": form.get("name", "").strip(), "version": form.get("version", "").strip() or None}
    try:
        await operations.update_file(place.server, place.caller, file_id, read_sent(sent, FileUpdate))
    except ApiError as refused:
        return _file_page(place, file, form, refused.status, errors_of(refused, ("name", "version")))
    return place.go("files", file_id, done="saved")


@get(f"{_ONE}/download")
async def download_file(place: GivenPlace, file_id: FromPath[str], storage: GivenStorage) -> Page:
    """To the file itself, at an address that works for an hour."""
    file = await _find(place, file_id)
    if not file.is_uploaded:
        raise ResourceNotFound
    return redirect(storage.download_url(file_id, Download(attachment(file.name), DOWNLOAD_TYPE), place.now))


@get(f"{_ONE}/delete")
async def ask_deletion(place: GivenPlace, file_id: FromPath[str]) -> Page:
    """What follows from deleting it, and the button."""
    file = await _find(place, file_id)
    place.require(operations.WRITE)
    of_files = BenefitFilter(place.caller.reach(), None, None, json.dumps(["downloadables"]), None, NOT_ASKED)
    async with place.server.database.read() as tx:
        rows, _ = await list_benefits(tx, of_files, "b.description ASC, b.id", _MOST_BENEFITS, 0)
    benefits = [row for row in rows if file_id in json.loads(row["properties"])["files"]]
    return place.render("files/delete", file=file, benefits=benefits, errors={})


@post(f"{_ONE}/delete", status_code=303)
async def submit_deletion(place: GivenPlace, file_id: FromPath[str], storage: GivenStorage) -> Page:
    """Delete a file, or give up its upload."""
    await place.read_form()
    await operations.delete_file(place.server, storage, place.caller, file_id)
    return place.go("files", done="deleted")


async def _find(place: Place, file_id: str) -> File:
    async with place.server.database.read() as tx:
        return file_of(await operations.found(tx, file_id, place.caller), place.server.issuer)


async def _room(tx: Transaction, place: Place) -> tuple[str, str | None]:
    """How much is used, and of how much; None where there is no limit."""
    used, quota = await queries.used_bytes(tx, place.organization_id), place.server.settings.storage_quota
    return forms.size_words(used), forms.size_words(quota * MEBIBYTE) if quota else None


async def _upload_page(
    place: Place, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    async with place.server.database.read() as tx:
        room = await _room(tx, place)
    return place.render(
        "files/new",
        status,
        form=form,
        purposes=forms.PURPOSES,
        room=room,
        most=forms.size_words(forms.MOST),
        errors=dict(errors or {}),
    )


def _file_page(
    place: Place, file: File, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    values = {"file": file, "form": form, "purposes": forms.PURPOSES}
    return place.render("files/file", status, errors=dict(errors or {}), **values)


routes = [
    show_files,
    show_upload,
    submit_upload,
    show_file,
    submit_file,
    download_file,
    ask_deletion,
    submit_deletion,
]
