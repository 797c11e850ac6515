"""Exports: CSV (RFC 4180) sent page by page, so that its length costs no memory."""

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from io import StringIO

from litestar.response import Stream

# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Who is in it is nobody else's business, and it is no page whatever a browser makes of it.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Cells = Sequence[str | None]


def csv_stream(name: str, header: Cells, pages: AsyncIterator[Iterable[Cells]]) -> Stream:
    """A file for download that is written while it is read: first the header, then the rows of each page."""
    return Stream(
        csv_lines(header, pages),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', **_HEADERS},
    )


async def csv_lines(header: Cells, pages: AsyncIterator[Iterable[Cells]]) -> AsyncIterator[bytes]:
    """The file in parts: the header, then each page."""
    yield _lines([header])
    async for page in pages:
        yield _lines(page)


def _lines(rows: Iterable[Cells]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _harmless(cell: str | None) -> str:
    """The text; an apostrophe in front of what a spreadsheet would run."""
    return f"'{cell}" if cell and cell.startswith(_FORMULA) else cell or ""
