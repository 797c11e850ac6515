"""What commands answer: for people a sentence or a table of 80 columns, for programs what the API answered."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Item: TypeAlias = Mapping[str, Any]


class Refused(Exception):
    """The command cannot do it. The message says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header and what stands in it. What people copy is `whole`, and never broken over lines."""

    header: str
    cell: Callable[[Item], object]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class One:
    """One thing: a sentence, some lines of names and values, and what the API answered."""

    sentence: str
    json: object
    lines: Sequence[tuple[str, object]] = ()


@dataclass(frozen=True, slots=True)
class Many:
    """A page of a list, as the API answered it."""

    page: Mapping[str, Any]
    columns: Sequence[Column]
    number: int = 1
    when_empty: str = "Nothing here yet."
    items: Sequence[Item] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", self.page["items"])


@dataclass(frozen=True, slots=True)
class Running:
    """Something that goes on until it is stopped, and prints as it goes. It is told whether to print JSON."""

    run: Callable[[bool], None]


Answer: TypeAlias = One | Many | Running


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the answer of a command."""
    if isinstance(answer, Running):
        answer.run(as_json)
    elif as_json:
        say_json(answer.json if isinstance(answer, One) else answer.page, indent=2)
    elif isinstance(answer, One):
        _show_one(answer)
    else:
        _show_many(answer)


def say(text: str) -> None:
    """A line for people."""
    _console(sys.stdout).print(_plain(text), markup=False, soft_wrap=True)
    sys.stdout.flush()


def say_json(value: object, indent: int | None = None) -> None:
    """A value for programs."""
    print(json.dumps(value, indent=indent), flush=True)  # noqa: T201 - printing is what a command does


def advise(text: str) -> None:
    """A line for people that is no part of the answer, so that a program that reads that does not meet it."""
    _console(sys.stderr).print(_plain(text), markup=False, soft_wrap=True)


def complain(message: str, *, as_json: bool) -> None:
    """Print an error where errors belong."""
    if as_json:
        print(json.dumps({"error": message}), file=sys.stderr)  # noqa: T201
    else:
        _console(sys.stderr).print(f"[bold red]Error:[/] {escape(_plain(message))}", soft_wrap=True)


def amount(minor: int | None, currency: str) -> str:
    """An amount as people write it."""
    if minor is None:
        return "-"
    digits = 0 if currency.lower() in _WHOLE else 2
    return f"{minor / 10**digits:.{digits}f} {currency.upper()}"


_WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
"""Currencies without minor units (ISO 4217)."""


def _console(file: Any) -> Console:
    return Console(file=file, highlight=False, emoji=False)


def _show_one(answer: One) -> None:
    console = _console(sys.stdout)
    console.print(f"[bold]{escape(_plain(answer.sentence))}[/]", soft_wrap=True)
    width = max((len(name) for name, _ in answer.lines), default=0)
    for name, value in answer.lines:
        # Never folded, so that a link can be copied whole.
        console.print(f"  [dim]{name:<{width}}[/]  {escape(_plain(value))}", soft_wrap=True)


def _show_many(answer: Many) -> None:
    console = _console(sys.stdout)
    if not answer.items:
        console.print(answer.when_empty, markup=False)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in answer.columns:
        table.add_column(column.header, overflow="fold", no_wrap=column.whole)
    for item in answer.items:
        table.add_row(*(escape(_plain(column.cell(item))) for column in answer.columns))
    console.print(table)
    pagination = answer.page["pagination"]
    if answer.number < pagination["max_page"]:
        shown = f"Page {answer.number} of {pagination['max_page']}, {pagination['total_count']} in all."
        advise(f"{shown} `--page {answer.number + 1}` shows more.")


def _plain(value: object) -> str:
    """The value as text, without what would steer a terminal: names come from anybody."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value))
