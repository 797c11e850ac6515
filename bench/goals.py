"""How many times cheaper ours is to be, in the same run."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench import names
from bench.measuring import Measurement
from bench.servers import PEER

FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Goal:
    """A peer is to cost at least so many `times` as much as ours; ours at most so many times as much as the floor."""

    operation: str
    ours: str
    other: str
    times: float


GOALS = (
    Goal("exchange ES256", "sqlite", "oidc-provider sqlite", 5),
    Goal("exchange ES256", "postgres", "oidc-provider postgres", 7),
    Goal("exchange RS256", "sqlite", "oidc-provider memory", 1.8),
    Goal("introspect", "sqlite", "oidc-provider sqlite", 7),
    Goal("introspect", "postgres", "oidc-provider postgres", 7),
    Goal("userinfo", "sqlite", "oidc-provider sqlite", 7),
    Goal("userinfo", "postgres", "oidc-provider postgres", 7),
    Goal("exchange ES256", "sqlite", "authlib-fastapi sqlite", 15),
    Goal("exchange ES256", "postgres", "authlib-fastapi postgres", 15),
    Goal("list products", "postgres", PEER, 6),
    Goal("exchange ES256", "sqlite", FLOOR, 3.5),
    Goal("userinfo", "sqlite", FLOOR, 2),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured for a goal; None when one of its servers was left out."""

    goal: Goal
    measured: float | None

    @property
    def is_met(self) -> bool | None:
        if self.measured is None:
            return None
        goal = self.goal
        return self.measured <= goal.times if goal.other == FLOOR else self.measured >= goal.times

    def __str__(self) -> str:
        goal, operation = self.goal, names.OPERATIONS[self.goal.operation]
        if goal.other == FLOOR:
            return f"{operation}: {names.title(goal.ours)} at most {goal.times:g} times {names.title(FLOOR)}"
        return f"{operation}: {names.title(goal.other)} at least {goal.times:g} times {names.title(goal.ours)}"


def judge(measurements: Sequence[Measurement]) -> list[Verdict]:
    """Every goal, in the order of the list."""
    return [Verdict(goal, _measured(measurements, goal)) for goal in GOALS]


def times(measurements: Sequence[Measurement], operation: str, one: str, other: str) -> float | None:
    """How many times as much CPU as `other` a server `one` took: the median of the rounds, each scaled to its core.

    None when one of them was not measured.
    """
    ones, others = _scaled(measurements, operation, one), _scaled(measurements, operation, other)
    rounds = ones.keys() & others.keys()
    return median(ones[each] / others[each] for each in rounds) if rounds else None


def _measured(measurements: Sequence[Measurement], goal: Goal) -> float | None:
    if goal.other == FLOOR:
        return times(measurements, goal.operation, goal.ours, FLOOR)
    return times(measurements, goal.operation, goal.other, goal.ours)


def _scaled(measurements: Sequence[Measurement], operation: str, target: str) -> dict[int, float]:
    """By round, the CPU of a request in runs of the calibration loop."""
    return {
        each.round: (each.server_us + each.database_us) / each.calibration_ns
        for each in measurements
        if each.operation == operation and each.target == target
    }
