"""What the database counted, added up so that any stretch of periods can be read from it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from polar_server.database import Row

_NOTHING = "number", "kind"


class Figures:
    """Sums by kind and column: for all time before the first period, and for each period."""

    def __init__(self, periods: int, months: Fraction) -> None:
        """`months` is how many months one period counts for."""
        self.periods, self.months = periods, months
        self._added: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (periods + 1))
        self._reached: dict[tuple[str, str], list[int]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows of (number, kind, columns...); number 0 is the time before, 1 the first period."""
        for row in rows:
            for column in row.keys():  # noqa: SIM118 - a row is no mapping
                if column not in _NOTHING:
                    self._added[row["kind"], column][row["number"]] += row[column]
        self._reached = {key: [0, *accumulate(steps)] for key, steps in self._added.items()}

    def reached(self, column: str, kinds: Iterable[str], number: int) -> int:
        """What everything of these kinds adds up to that came before this number."""
        total = 0
        for kind in kinds:
            steps = self._reached.get((kind, column))
            if steps is not None:
                total += steps[number]
        return total


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some periods in a row, from the first to the last one: a single one, or all of them."""

    figures: Figures
    first: int
    last: int

    @property
    def months(self) -> Fraction:
        return self.figures.months * (self.last - self.first + 1)

    def before(self, column: str, *kinds: str) -> int:
        """How much there was when the stretch began."""
        return self.figures.reached(column, kinds, self.first + 1)

    def after(self, column: str, *kinds: str) -> int:
        """How much there is when the stretch ends."""
        return self.figures.reached(column, kinds, self.last + 2)

    def during(self, column: str, *kinds: str) -> int:
        """How much came in the stretch."""
        return self.after(column, *kinds) - self.before(column, *kinds)
