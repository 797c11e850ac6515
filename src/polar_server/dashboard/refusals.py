"""What a page answers when an operation was refused and the page has no form to say it at."""

from litestar import Response

from polar_server.html import PageRequest, Pages
from polar_server.refusals import Handler
from polar_server.resource_server.errors import ApiError


def exception_handlers(pages: Pages) -> dict[int | type[Exception], Handler]:
    """A refusal of the API as a page: not found looks as any missing page does, and all others say their sentence."""

    def refuse(request: PageRequest, error: ApiError) -> Response[bytes]:
        return pages.error(request, error.status, message=None if error.status == 404 else error.detail)

    return {ApiError: refuse}
