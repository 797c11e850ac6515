"""How large a run is: what is filled, how much is asked, and how often."""

from dataclasses import dataclass

from bench.operations import Plan


@dataclass(frozen=True, slots=True)
class Scale:
    """`small` and `large` are tokens in the database, a tenth as many grants; `expired` are rows for the sweeper.

    `steady_rounds` of `steady_codes` exchanges show whether files grow, `sign_ins` is how many are tried in a second.
    """

    small: int
    large: int
    expired: int
    rounds: int
    requests: int
    warm_up: int
    steady_rounds: int
    steady_codes: int
    sign_ins: int = 100

    def plan(self, times: int = 1) -> Plan:
        """For operations that are measured so many times in a round."""
        return Plan(self.warm_up, self.rounds * times, self.requests)


SCALES = {
    "tiny": Scale(100, 1_000, 2_000, 1, 64, 20, 3, 50, sign_ins=10),
    "short": Scale(10_000, 1_000_000, 200_000, 3, 1_000, 400, 8, 2_000),
    "long": Scale(10_000, 10_000_000, 1_000_000, 5, 3_000, 400, 20, 5_000),
}
