"""A run as Markdown, for the place in docs/performance.md that is kept for it."""

from collections.abc import Iterable, Sequence

from bench import names
from bench.comparison import VERDICTS, Result
from bench.report import Summary

BEGIN, END = "<!-- begin: script/bench --document -->", "<!-- end -->"
PICTURE = "images/peers.svg"


def render(result: Result) -> str:
    """The picture, the costs, the goals and the conditions."""
    blocks = [
        f"![CPU time of a request on each server; the table below has the same figures]({PICTURE})",
        f"{result.title}. {_versions(result)}.",
        "CPU microseconds of a request, server and database together; in brackets, how many times as much as ours.",
        _costs(result),
        _goals(result),
        *(f"Left out: {reason}." for reason in result.left_out),
        "\n".join(f"- {names.title(target)}: {each}." for target, each in result.settings_in_words.items()),
    ]
    return "\n\n".join(blocks)


def placed(text: str, block: str) -> str:
    """A document with the block in its place. Raises ValueError when it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document has no place between {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{block}\n\n{END}{after}"


def _versions(result: Result) -> str:
    return ", ".join(["Python " + result.python, *(f"{name} {each}" for name, each in result.versions.items())])


def _costs(result: Result) -> str:
    """A row for each server, a column for each operation."""
    found = {(each.operation, each.target): each for each in result.summaries}
    measured = list(dict.fromkeys(each.operation for each in result.summaries))
    rows = [
        (names.title(target), [_cell(result, found.get((name, target))) for name in measured])
        for target in result.settings
    ]
    return _table(["", *measured], rows)


def _cell(result: Result, each: Summary | None) -> str:
    if each is None:
        return ""
    times = result.times_ours(each)
    return f"{each.total_us:.0f}" if times is None else f"{each.total_us:.0f} ({times:.1f})"


def _goals(result: Result) -> str:
    rows = []
    for each in result.verdicts:
        measured = "" if each.measured is None else f"{each.measured:.1f}"
        word = VERDICTS[each.is_met]
        rows.append((str(each), [measured, word if each.is_met else f"**{word}**"]))
    return _table(["goal", "measured", ""], rows)


def _table(head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    lines = [head, ["---"] * len(head), *([first, *rest] for first, rest in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
