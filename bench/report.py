"""Medians and spread of the rounds, as a table and as JSON."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measuring import Measurement
from bench.servers import PEER

TARGETS = {
    ("exchange ES256", "sqlite"): 190,
    ("exchange ES256", "postgres"): 370,
    ("introspect", "sqlite"): 60,
    ("introspect", "postgres"): 150,
    ("userinfo", "sqlite"): 55,
    ("userinfo", "postgres"): 150,
    ("confirm once", "sqlite"): 2000,
    ("confirm once", "postgres"): 2000,
    ("confirm subscription", "sqlite"): 2000,
    ("confirm subscription", "postgres"): 2000,
}
"""Microseconds of CPU, server and database together."""
TIMES_CHEAPER = {("list products", "postgres"): 6}
"""How many times the CPU of the same list that others would have written, `peer`."""
MOST_RESIDENT = 80_000_000
"""Bytes of one worker."""

AGAINST = " before"
"""Ends the name of a target that runs another checkout's code."""

_PACKAGES = ("polar-server", "uvicorn", "uvloop", "httptools", "asyncpg", "cryptography", "msgspec")


@dataclass(frozen=True, slots=True)
class Summary:
    """The rounds of one operation on one target. Times are scaled to the run's fastest calibration.

    `spread` is (most - least) / median of the CPU time; `ratio` is to the floor measured beside it,
    `change` to the other checkout, when there is one; `cheaper` is how many times as much the peer took.
    """

    target: str
    operation: str
    server_us: float
    database_us: float
    total_us: float
    spread: float
    ratio: float
    change: float | None
    cheaper: float | None
    per_second: float
    p50: float
    p99: float
    p999: float
    bytes: float
    resident: int
    limit_us: int | None

    @property
    def is_met(self) -> bool:
        if self.cheaper is not None and self.cheaper < TIMES_CHEAPER.get((self.operation, self.target), 0):
            return False
        return self.limit_us is None or self.total_us <= self.limit_us


def summarize(measurements: Sequence[Measurement]) -> list[Summary]:
    """One summary for each operation of each target, in the order of their first measurement."""
    fastest = min(each.calibration_ns for each in measurements)
    totals = {(each.target, each.operation, each.round): each.server_us + each.database_us for each in measurements}
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for each in measurements:
        groups.setdefault((each.operation, each.target), []).append(each)
    return [_summary(group, totals, fastest) for group in groups.values()]


def _summary(group: list[Measurement], all_totals: dict[tuple[str, str, int], float], fastest: int) -> Summary:
    first = group[0]
    totals = [(each.server_us + each.database_us) * fastest / each.calibration_ns for each in group]
    ratio = _ratio(group, all_totals, "floor")
    assert ratio is not None, "the floor is always measured"
    return Summary(
        target=first.target,
        operation=first.operation,
        server_us=median(each.server_us * fastest / each.calibration_ns for each in group),
        database_us=median(each.database_us * fastest / each.calibration_ns for each in group),
        total_us=median(totals),
        spread=(max(totals) - min(totals)) / median(totals),
        ratio=ratio,
        change=_ratio(group, all_totals, first.target + AGAINST),
        cheaper=_inverse(_ratio(group, all_totals, PEER)) if first.target == "postgres" else None,
        per_second=median(each.per_second for each in group),
        p50=median(each.p50 for each in group),
        p99=median(each.p99 for each in group),
        p999=median(each.p999 for each in group),
        bytes=median(each.bytes for each in group),
        resident=max(each.resident for each in group),
        limit_us=TARGETS.get((first.operation, first.target)),
    )


def _ratio(group: list[Measurement], totals: dict[tuple[str, str, int], float], other: str) -> float | None:
    """The median of the rounds' ratios to another target, None when it was not measured."""
    if (other, group[0].operation, group[0].round) not in totals:
        return None
    return median(
        totals[each.target, each.operation, each.round] / totals[other, each.operation, each.round] for each in group
    )


def _inverse(ratio: float | None) -> float | None:
    return None if ratio is None else 1 / ratio


def print_table(summaries: Iterable[Summary], title: str) -> None:
    """The table for people."""
    table = Table(title=title, caption="CPU in microseconds a request; latency in milliseconds")
    table.add_column("operation")
    table.add_column("target")
    for name in (
        "server",
        "database",
        "together",
        "at most",
        "spread",
        "x floor",
        "x before",
        "peer x",
        "req/s",
        "p50",
        "p99",
        "p99.9",
    ):
        table.add_column(name, justify="right")
    for name in ("bytes", "MB"):
        table.add_column(name, justify="right")
    for each in summaries:
        table.add_row(*_cells(each), style=None if each.is_met else "red", end_section=each.target == "postgres")
    Console(width=160).print(table)


def _cells(each: Summary) -> list[str]:
    return [
        each.operation,
        each.target,
        f"{each.server_us:.0f}",
        f"{each.database_us:.0f}",
        f"{each.total_us:.0f}",
        "" if each.limit_us is None else str(each.limit_us),
        f"{each.spread:.0%}",
        f"{each.ratio:.2f}",
        "" if each.change is None else f"{each.change:.2f}",
        "" if each.cheaper is None else f"{each.cheaper:.2f}",
        f"{each.per_second:.0f}",
        f"{each.p50:.2f}",
        f"{each.p99:.2f}",
        f"{each.p999:.2f}",
        f"{each.bytes:.0f}",
        f"{each.resident / 1e6:.0f}",
    ]


def as_json(summaries: Sequence[Summary], measurements: Sequence[Measurement], conditions: dict[str, Any]) -> str:
    """Everything that was measured, and under which conditions."""
    document = {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
        **conditions,
        "summaries": [asdict(each) for each in summaries],
        "measurements": [asdict(each) for each in measurements],
    }
    return json.dumps(document, indent=1)
