"""What commands answer, for people as text and tables, and for programs as JSON."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPED_WIDTH = 240


class Refused(Exception):
    """The command cannot do it. The message says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing: a sentence and its values for people, the values as one object for programs."""

    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)
    next_step: str = ""
    brief: bool = False
    """Whether the sentence tells people all of the values."""
    exit_code: int = 0
    then: Callable[[], None] | None = None
    """What goes on after this was said, and ends when the command does."""


@dataclass(frozen=True, slots=True)
class Records:
    """A list: a table of some columns for people, an array of whole objects for programs."""

    items: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    when_empty: str = "Nothing here yet."
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """One value on a line of its own, to be copied or captured."""

    name: str
    text: str
    exit_code: int = 0


Answer = Record | Records | Text


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the answer of a command."""
    if as_json:
        print(_json(answer))  # noqa: T201 - printing is what a command does
    elif isinstance(answer, Text):
        print(answer.text)  # noqa: T201
    elif isinstance(answer, Record):
        _show_record(answer, _console(sys.stdout))
    else:
        _show_records(answer, _console(sys.stdout))
    sys.stdout.flush()


def complain(message: str, *, as_json: bool) -> None:
    """Print an error where errors belong."""
    if as_json:
        print(json.dumps({"error": message}), file=sys.stderr)  # noqa: T201
    else:
        _console(sys.stderr).print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=True)


def timestamp(seconds: int | None) -> str | None:
    """Epoch seconds as the API writes times (RFC 3339)."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _json(answer: Answer) -> str:
    if isinstance(answer, Records):
        return json.dumps([dict(item) for item in answer.items], indent=2)
    values = {answer.name: answer.text} if isinstance(answer, Text) else dict(answer.values)
    return json.dumps(values, indent=2)


def _console(file: Any) -> Console:
    # Without a terminal, lines are for grep: nothing is folded to 80 columns.
    return Console(file=file, width=None if file.isatty() else PIPED_WIDTH, highlight=False)


def _show_record(record: Record, console: Console) -> None:
    console.print(f"[bold]{escape(record.sentence)}[/]", soft_wrap=True)
    rows = [] if record.brief else list(_flat(record.values))
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        # Never folded, so that a secret can be copied whole.
        text = _plain(value).replace("\n", "\n" + " " * (width + 4))
        console.print(f"  [dim]{name:<{width}}[/]  {escape(text)}", soft_wrap=True)
    if record.next_step:
        console.print(record.next_step, markup=False, soft_wrap=True)


def _show_records(records: Records, console: Console) -> None:
    if not records.items:
        console.print(records.when_empty, markup=False)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in records.columns:
        table.add_column(column, overflow="fold")
    for item in records.items:
        table.add_row(*(escape(_plain(item[column])) for column in records.columns))
    console.print(table)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of what is set; what is inside another object is named after it."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name} ")
        elif value is not None:
            yield f"{prefix}{name}", value


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
