"""A rolling hour in minutes: never more than the limit in any 3600 seconds, wherever they begin.

Requests are counted by the minute in which they were admitted. One more is admitted when this minute
and the sixty before it together hold fewer than the limit. Whatever was admitted in the last 3600
seconds lies in those minutes, so the limit cannot be passed; the price is that a request counts for
up to a minute longer than an hour.
"""

import struct
from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

WIDTH, COUNTED = 60, 61
"""Seconds in a bucket, and the buckets that count: those of an hour and the one that has just begun."""
WINDOW = WIDTH * (COUNTED - 1)

COUNTS = struct.Struct(f"<{COUNTED}I")


class Standing(NamedTuple):
    """Where a caller stands after asking for one more. `reset` is seconds until there will be room for more."""

    admitted: bool
    limit: int
    remaining: int
    reset: int


class Window(NamedTuple):
    """What was admitted: the newest bucket, the oldest with anything in it, and how much there is in all.

    A bucket is epoch seconds divided by its width.
    """

    newest: int
    oldest: int
    used: int


def standing(oldest: int, used: int, limit: int, now: float, *, admitted: bool, width: int = WIDTH) -> Standing:
    """The standing of a window, this request included if it was admitted."""
    reset = ceil((oldest + COUNTED) * width - now) if used else 0
    return Standing(admitted, limit, max(0, limit - used), reset)


def advance(newest: int, counts: Sequence[int], bucket: int) -> tuple[Window, list[int]]:
    """The counts as they are in a later bucket, oldest first, and their window."""
    passed = min(bucket - newest, COUNTED)
    kept = [*counts[passed:], *([0] * passed)]
    return _window(bucket, kept), kept


def gather(newest: int, cells: Iterable[tuple[int, int]]) -> Window:
    """The window of counts by bucket."""
    counts = [0] * COUNTED
    for bucket, count in cells:
        if 0 <= newest - bucket < COUNTED:
            counts[bucket - newest - 1] = count
    return _window(newest, counts)


def _window(newest: int, counts: Sequence[int]) -> Window:
    index = next((index for index, count in enumerate(counts) if count), COUNTED - 1)
    return Window(newest, newest - COUNTED + 1 + index, sum(counts))
