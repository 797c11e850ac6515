"""Charts: where everything of one stands. Pure geometry, which templates/charts.html draws as SVG.

Heights are in pixels. Widths stretch with the page, so what has text is placed in percent, and lines in a box that is
one unit wide for each period: text keeps its size on a telephone, and a path is short however many periods it has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import Literal

HIGH = 150
LABELS = 4
"""The most names under a chart: as many as fit on a telephone."""
_STEPS = (1, 2, 5, 10)
_MOST_STEPS = 5
_GAP, _BAR = ".15", ".7"
"""The parts of a period's width that are left free in front of its bar, and taken by it."""

Kind = Literal["bars", "line"]
Number = int | float
Value = Number | None
"""None where there is nothing that could have a value."""
Write = Callable[[Value], str]


@dataclass(frozen=True, slots=True)
class Tick:
    """A value beside the chart, with the line at its height."""

    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A name under the chart. `x` is in percent."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn: a name and a value for each period, what stood there before, and how values are written.

    `least` is the smallest distance of two ticks.
    """

    kind: Kind
    names: Sequence[str]
    values: Sequence[Value]
    before: Sequence[Value]
    write: Write
    least: Number = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `drawn` and `before` are paths (SVG 2 §9.3), empty where there is nothing to draw.

    `said` is what each period answers when one points at it.
    """

    kind: Kind
    periods: int
    ticks: list[Tick]
    labels: list[Label]
    drawn: str
    before: str
    said: list[str]


def chart_of(series: Series, *, pointed: bool = True) -> Chart:
    """The chart of a series. `pointed` says whether each period answers when one points at it."""
    scale = ticks([*series.values, *series.before], series.least)
    top = scale[-1]
    draw = _bars if series.kind == "bars" else _line
    return Chart(
        kind=series.kind,
        periods=len(series.values),
        ticks=[Tick(_height(value, top), series.write(value)) for value in scale],
        labels=_labels(series.names),
        drawn=draw(series.values, top),
        before=_line(series.before, top),
        said=_said(series) if pointed else [],
    )


def ticks(values: Sequence[Value], least: Number = 1) -> list[Number]:
    """Round values from 0 to the greatest or a little above, at most five steps of 1, 2 or 5 times a power of ten."""
    most = max(value or 0 for value in [*values, 0])
    step = _step(most / _MOST_STEPS, least)
    return [_exact(number * step) for number in range(max(1, ceil(most / step - 1e-9)) + 1)]


def _step(wanted: float, least: Number) -> Number:
    """The smallest round step that is not below."""
    if wanted <= least:
        return least
    power = 10.0 ** floor(log10(wanted))
    return _exact(next(factor * power for factor in _STEPS if factor * power >= wanted * (1 - 1e-9)))


def _exact(value: float) -> Number:
    """Without what adding binary fractions leaves behind."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _height(value: Number, top: Number) -> int:
    return round(HIGH - HIGH * value / top)


def _bars(values: Sequence[Value], top: Number) -> str:
    """A bar begins where the one before began, and as many units further on: closing a path leads back to its start."""
    path, last = "", 0
    for number, value in enumerate(values):
        if high := HIGH - _height(value or 0, top):
            path += f"m{number - last} 0v-{high}h{_BAR}v{high}z"
            last = number
    return f"M{_GAP} {HIGH}{path}" if path else ""


def _line(values: Sequence[Value], top: Number) -> str:
    """From value to value, across what has none. A single one is a line as wide as its period."""
    points = [(number, _height(value, top)) for number, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return "".join(f"M{number} {height}h1" for number, height in points)
    steps = ((x - before, y - height) for (before, height), (x, y) in pairwise(points))
    first, height = points[0]
    return f"M{first}.5 {height}l" + " ".join(f"{x} {y}" if y >= 0 else f"{x}{y}" for x, y in steps)


def _labels(names: Sequence[str]) -> list[Label]:
    every = ceil(len(names) / LABELS)
    return [
        Label(round((number + 0.5) * 100 / len(names), 2), name)
        for number, name in enumerate(names)
        if number % every == 0
    ]


def _said(series: Series) -> list[str]:
    return [f"{name}: {series.write(value)}" for name, value in zip(series.names, series.values, strict=True)]
