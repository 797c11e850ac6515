"""Percentiles of what was measured."""

from collections.abc import Sequence


def percentile(latencies: Sequence[int], share: float) -> float:
    """Milliseconds of the latency, given in nanoseconds in any order, below which this share of all is."""
    ascending = sorted(latencies)
    return ascending[min(int(len(ascending) * share), len(ascending) - 1)] / 1e6
