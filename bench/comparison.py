"""What a run beside peers found, for a terminal and as JSON."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench import goals, names, report
from bench.measuring import Measurement
from bench.report import Summary

_NUMBERS = (
    "server",
    "database",
    "together",
    "spread",
    "x floor",
    "x ours",
    "req/s",
    "p50",
    "p99",
    "p99.9",
    "bytes",
    "MB",
)
_PACKAGES = (
    *("polar-server", "uvicorn", "uvloop", "httptools", "asyncpg", "cryptography", "joserfc"),
    *("authlib", "flask", "gunicorn", "fastapi", "sqlalchemy", "psycopg2-binary"),
)
WIDTH = 160
VERDICTS = {True: "met", False: "falls short", None: "not measured"}


@dataclass(frozen=True, slots=True)
class Result:
    """A run: what was measured, with which settings, and why something was left out."""

    title: str
    measurements: Sequence[Measurement]
    settings: Mapping[str, Mapping[str, str]]
    left_out: Sequence[str]

    @property
    def summaries(self) -> list[Summary]:
        return report.summarize(self.measurements)

    @property
    def verdicts(self) -> list[goals.Verdict]:
        return goals.judge(self.measurements)

    @property
    def python(self) -> str:
        return platform.python_version()

    @property
    def versions(self) -> dict[str, str]:
        """Of what runs, as far as it is installed."""
        return {name: found for name in _PACKAGES if (found := _version(name))}

    @property
    def settings_in_words(self) -> dict[str, str]:
        """By target, the server and then everything else with its name."""
        words = {}
        for target, settings in self.settings.items():
            server, *more = settings.items()
            words[target] = "; ".join([server[1], *(f"{name} {value}" for name, value in more)])
        return words

    def times_ours(self, each: Summary) -> float | None:
        """How many times as much as ours on the same store."""
        ours = names.ours_beside(each.target)
        return None if ours is None else goals.times(self.measurements, each.operation, each.target, ours)


def print_result(result: Result, console: Console | None = None) -> None:
    """The table, the goals, the settings, and what is missing."""
    console = console or Console(width=WIDTH)
    console.print(_costs(result))
    console.print(_goals(result))
    console.print(_settings(result))
    for reason in result.left_out:
        console.print(f"Left out: {reason}", highlight=False)


def _costs(result: Result) -> Table:
    caption = "CPU in microseconds a request; latency in milliseconds"
    table = Table(title=result.title, caption=caption, box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("operation", no_wrap=True)
    table.add_column("server", no_wrap=True)
    for name in _NUMBERS:
        table.add_column(name, justify="right")
    summaries = result.summaries
    for each, following in zip(summaries, [*summaries[1:], None], strict=True):
        is_last = following is None or following.operation != each.operation
        style = "bold" if names.is_ours(each.target) else None
        table.add_row(*_cells(each, result.times_ours(each)), style=style, end_section=is_last)
    return table


def _cells(each: Summary, times: float | None) -> list[str]:
    return [
        each.operation,
        names.title(each.target),
        f"{each.server_us:.0f}",
        f"{each.database_us:.0f}",
        f"{each.total_us:.0f}",
        f"{each.spread:.0%}",
        f"{each.ratio:.1f}",
        "" if times is None else f"{times:.1f}",
        f"{each.per_second:.0f}",
        f"{each.p50:.2f}",
        f"{each.p99:.2f}",
        f"{each.p999:.2f}",
        f"{each.bytes:.0f}",
        f"{each.resident / 1e6:.0f}",
    ]


def _goals(result: Result) -> Table:
    table = Table(title="Goals, CPU of server and database together, medians of the rounds", box=box.SIMPLE_HEAD)
    for name in ("goal", "measured", ""):
        table.add_column(name, justify="right" if name == "measured" else "left")
    styles = {True: None, False: "red", None: "dim"}
    for each in result.verdicts:
        measured = "" if each.measured is None else f"{each.measured:.1f}"
        table.add_row(str(each), measured, VERDICTS[each.is_met], style=styles[each.is_met])
    return table


def _settings(result: Result) -> Table:
    table = Table(title="Settings", box=box.SIMPLE_HEAD)
    table.add_column("server")
    table.add_column("settings")
    for target, words in result.settings_in_words.items():
        table.add_row(names.title(target), words)
    return table


def as_json(result: Result) -> str:
    """Everything that was measured, and under which conditions."""
    verdicts = [{**asdict(each.goal), "measured": each.measured, "met": each.is_met} for each in result.verdicts]
    document: dict[str, Any] = {
        "title": result.title,
        "python": result.python,
        "versions": result.versions,
        "settings": result.settings,
        "left_out": result.left_out,
        "goals": verdicts,
        "summaries": [{**asdict(each), "times_ours": result.times_ours(each)} for each in result.summaries],
        "measurements": [asdict(each) for each in result.measurements],
    }
    return json.dumps(document, indent=1)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
