"""What a part of a period costs, in whole minor units, and how credits are used up: no cent is made, none is lost."""

from collections.abc import Sequence
from fractions import Fraction


def share(amount: int, start: int, end: int, at: int) -> int:
    """What of the amount for the period [start, end) falls to its rest from `at` on, by seconds, half to even."""
    rest = min(max(end - at, 0), end - start)
    return round(Fraction(amount * rest, end - start))


def use_credits(amounts: Sequence[int]) -> tuple[list[int], int]:
    """(what of each amount an order takes, the credit that is left for the next order, 0 or less).

    Charges are taken in full, and credits from the first on until the order costs nothing.
    """
    owed = sum(amount for amount in amounts if amount > 0)
    taken: list[int] = []
    for amount in amounts:
        taken.append(amount if amount > 0 else max(amount, -owed))
        owed += min(taken[-1], 0)
    return taken, sum(amounts) - sum(taken)
