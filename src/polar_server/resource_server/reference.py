"""`/openapi.json`, and pages under `/docs` that show the same to people, without scripts."""

import asyncio

import msgspec
from litestar import Litestar, Response, get
from litestar.params import FromPath

from polar_server.html import Page, PageRequest
from polar_server.html.endpoints import GivenSession, GivenSettings
from polar_server.html.pages import GivenPages
from polar_server.resource_server.openapi import api_handlers, document
from polar_server.resource_server.openapi_schemas import Json
from polar_server.resource_server.reference_views import chapters_of, headers_of_all, show_chapter, words
from polar_server.settings import Settings

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
}


@get("/openapi.json", include_in_schema=False)
async def show_document(request: PageRequest, settings: GivenSettings) -> Response[bytes]:
    """The OpenAPI document."""
    content = msgspec.json.encode(await _document(request, settings))
    return Response(content, headers=_HEADERS, media_type="application/json")


@get("/docs", include_in_schema=False)
async def show_reference(
    request: PageRequest, session: GivenSession, pages: GivenPages, settings: GivenSettings
) -> Page:
    """What the API offers, by resource."""
    found = await _document(request, settings)
    return pages.render(
        request,
        "resource_server/reference.html",
        session=session,
        issuer=settings.issuer,
        about=[words(paragraph) for paragraph in found["info"]["description"].split("\n\n")],
        chapters=chapters_of(found),
        headers_of_all=headers_of_all(found),
    )


@get("/docs/{name:str}", include_in_schema=False)
async def show_operations(
    request: PageRequest, name: FromPath[str], session: GivenSession, pages: GivenPages, settings: GivenSettings
) -> Page:
    """The operations of one resource."""
    found = await _document(request, settings)
    if name not in chapters_of(found):
        return pages.error(request, 404)
    chapter = show_chapter(found, name)
    return pages.render(request, "resource_server/operations.html", session=session, chapter=chapter)


async def _document(request: PageRequest, settings: Settings) -> Json:
    """The document, made when it is first asked for."""
    app: Litestar = request.app
    if "openapi" not in app.state:
        app.state["openapi"] = await asyncio.to_thread(document, list(api_handlers(app)), settings.issuer)
    found: Json = app.state["openapi"]
    return found


routes = [show_document, show_reference, show_operations]
