"""Charts: where everything of one stands. Pure geometry, which templates/charts.html draws as SVG.

Heights are in pixels. Widths stretch with the page, so what has text is placed in percent, and lines in a box that is
WIDE units wide and as high as the plot: text keeps its size on a telephone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Literal

WIDE, HIGH = 1000, 150
LABELS = 4
"""The most names under a chart: as many as fit on a telephone."""
_STEPS = (1, 2, 5, 10)
_MOST_STEPS = 5
_GAP = 0.15
"""The part of a slot that is left free at each side of its bar."""

Kind = Literal["bars", "line"]
Number = int | float
Write = Callable[[Number], str]


@dataclass(frozen=True, slots=True)
class Tick:
    """A value beside the chart, with the line at its height."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A name under the chart. `x` is in percent."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """What is said where one points at a period. `x` and `width` are in percent."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn: a name and a value for each period, what stood there before, and how values are written.

    `least` is the smallest distance of two ticks.
    """

    kind: Kind
    names: Sequence[str]
    values: Sequence[Number]
    before: Sequence[Number]
    write: Write
    least: Number = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `drawn` and `before` are paths (SVG 2 §9.3), empty where there is nothing to draw."""

    kind: Kind
    ticks: list[Tick]
    labels: list[Label]
    drawn: str
    before: str
    slots: list[Slot]


def chart_of(series: Series, *, pointed: bool = True) -> Chart:
    """The chart of a series. `pointed` says whether each period answers when one points at it."""
    scale = ticks([*series.values, *series.before], series.least)
    top = scale[-1]
    draw = _bars if series.kind == "bars" else _line
    return Chart(
        kind=series.kind,
        ticks=[Tick(_height(value, top), series.write(value)) for value in scale],
        labels=_labels(series.names),
        drawn=draw(series.values, top),
        before=_line(series.before, top),
        slots=_slots(series) if pointed else [],
    )


def ticks(values: Sequence[Number], least: Number = 1) -> list[Number]:
    """Round values from 0 to the greatest or a little above, at most five steps of 1, 2 or 5 times a power of ten."""
    most = max([*values, 0])
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


def _height(value: Number, top: Number) -> float:
    return round(HIGH - HIGH * value / top, 1)


def _bars(values: Sequence[Number], top: Number) -> str:
    width = WIDE / len(values)
    return "".join(
        f"M{_short((number + _GAP) * width)} {HIGH}V{_short(_height(value, top))}"
        f"h{_short((1 - 2 * _GAP) * width)}V{HIGH}Z"
        for number, value in enumerate(values)
        if value
    )


def _line(values: Sequence[Number], top: Number) -> str:
    if len(values) == 1:
        return f"M0 {_short(_height(values[0], top))}H{WIDE}"
    width = WIDE / max(1, len(values))
    points = [f"{_short((number + 0.5) * width)} {_short(_height(value, top))}" for number, value in enumerate(values)]
    return "M" + "L".join(points) if points else ""


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _labels(names: Sequence[str]) -> list[Label]:
    every = ceil(len(names) / LABELS)
    return [
        Label(round((number + 0.5) * 100 / len(names), 2), name)
        for number, name in enumerate(names)
        if number % every == 0
    ]


def _slots(series: Series) -> list[Slot]:
    width = 100 / len(series.values)
    return [
        Slot(round(number * width, 2), round(width, 2), f"{name}: {series.write(value)}")
        for number, (name, value) in enumerate(zip(series.names, series.values, strict=True))
    ]
