"""The front page and the static files."""

from typing import Any

from litestar import HttpMethod, Response, route
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from polar_server.html import static
from polar_server.html.pages import GivenPages, Page, PageRequest
from polar_server.settings import Settings

GivenSettings = NamedDependency[SkipValidation[Settings]]
GivenSession = NamedDependency[SkipValidation[Any]]

_READ = [HttpMethod.GET, HttpMethod.HEAD]
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
_IMMUTABLE = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_GZIPPED = {**_IMMUTABLE, "Content-Encoding": "gzip"}
_A_DAY = {**_HEADERS, "Cache-Control": "public, max-age=86400"}


@route("/", http_method=_READ, include_in_schema=False)
async def show_home(request: PageRequest, session: GivenSession, pages: GivenPages, settings: GivenSettings) -> Page:
    """What this server is, and the way in."""
    return pages.render(request, "html/home.html", session=session, issuer=settings.issuer)


@route("/static/{digest:str}/{name:str}", http_method=_READ, include_in_schema=False)
async def serve_static(request: PageRequest, digest: FromPath[str], name: FromPath[str], pages: GivenPages) -> Page:
    """A file at the address of its present content; any other address is 404, so that no cache keeps a wrong one."""
    file = static.FILES.get(name)
    if file is None or file.digest != digest:
        return pages.error(request, 404)
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(file.gzipped, headers=_GZIPPED, media_type=file.media_type)
    return Response(file.content, headers=_IMMUTABLE, media_type=file.media_type)


def _takes_gzip(accepted: str) -> bool:
    # RFC 9110 §12.5.3. A refusal, "gzip;q=0", is longer than the name, and whoever weighs it gets what all can read.
    return "gzip" in accepted.replace(" ", "").lower().split(",")


@route("/favicon.ico", http_method=_READ, include_in_schema=False)
async def serve_icon() -> Page:
    """Browsers ask here on their own before they have read a page."""
    file = static.FILES["polar.svg"]
    return Response(file.content, headers=_A_DAY, media_type=file.media_type)


routes = [show_home, serve_static, serve_icon]
