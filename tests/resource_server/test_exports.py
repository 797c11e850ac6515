"""Exports: pages become lines as they come, and no cell is a formula."""

from collections.abc import AsyncIterator

from polar_server.resource_server.exports import Cells, csv_lines


async def test_a_page_is_sent_before_the_next_is_read(anyio_backend: object) -> None:
    """Only one page is in memory at a time."""
    read: list[int] = []

    async def pages() -> AsyncIterator[list[Cells]]:
        for number in range(3):
            read.append(number)
            yield [[str(number), None]]

    sent = csv_lines(["number", "nothing"], pages())
    assert await anext(sent) == b"number,nothing\r\n"
    assert read == []
    assert await anext(sent) == b"0,\r\n"
    assert read == [0]


async def test_cells_are_quoted_and_never_run(anyio_backend: object) -> None:
    """Commas, quotes and line ends stay inside their cell (RFC 4180); a formula gets an apostrophe in front."""

    async def pages() -> AsyncIterator[list[Cells]]:
        yield [['say "a,b"', "two\nlines", "=1+1", "+1", "-1", "@a", "\t=1", "a=1", "ä"]]

    text = b"".join([part async for part in csv_lines(["h"], pages())]).decode()
    assert text == 'h\r\n"say ""a,b""","two\nlines",\'=1+1,\'+1,\'-1,\'@a,\'\t=1,a=1,ä\r\n'
