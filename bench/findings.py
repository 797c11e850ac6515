"""What the limits' runs found: figures, each with the most or least that it is to be, as a table and as JSON."""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.comparison import VERDICTS


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure of a part of the run, on one engine. `most` and `least` are None for what is only told."""

    part: str
    engine: str
    what: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the figure is within its limits; None without any."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def verdict(self) -> str:
        return "" if self.is_met is None else VERDICTS[self.is_met]

    @property
    def limit(self) -> str:
        parts = [f"at most {self.most:g}"] if self.most is not None else []
        return ", ".join([*parts, *([f"at least {self.least:g}"] if self.least is not None else [])])

    @property
    def number(self) -> str:
        """The value with three digits or more."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f}"


def table(findings: Iterable[Finding], title: str) -> Table:
    """The table for people."""
    shown = Table(title=title, box=box.SIMPLE_HEAD)
    for name in ("part", "database", "what", "measured", "", "limit", ""):
        shown.add_column(name, justify="right" if name == "measured" else "left")
    for each in findings:
        style = "red" if each.is_met is False else None
        cells = (each.part, each.engine, each.what, each.number, each.unit, each.limit, each.verdict)
        shown.add_row(*cells, style=style)
    return shown


def print_table(findings: Iterable[Finding], title: str) -> None:
    """Print it, wide enough for a file too."""
    Console(width=150).print(table(findings, title))


def as_json(findings: Sequence[Finding], conditions: Mapping[str, Any]) -> str:
    """Every finding with its verdict, and under which conditions."""
    found = [{**asdict(each), "met": each.is_met} for each in findings]
    return json.dumps({"python": platform.python_version(), **conditions, "findings": found}, indent=1)
