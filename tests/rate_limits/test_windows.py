"""A rolling hour: the limit holds wherever the hour begins, and what a refusal promises comes true."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from polar_server.rate_limits.tables import Table
from polar_server.rate_limits.windows import COUNTED, WIDTH, WINDOW, Window, gather, standing

KEY = bytes(16)
START = 1_800_000_000.0
GAPS = st.one_of(st.just(0.0), st.floats(0, 90), st.floats(0, 4000), st.sampled_from([59.0, 60.0, 3599.0, 3600.0]))
STEPS = st.lists(st.tuples(GAPS, st.integers(1, 8)), min_size=1, max_size=60)


@given(STEPS, st.integers(1, 12))
def test_no_hour_has_more_than_the_limit(steps: list[tuple[float, int]], limit: int) -> None:
    """However calls are spread, no 3600 seconds hold more admitted ones than the limit, both ends included."""
    table, now, admitted = Table(None), START, list[float]()
    for gap, tries in steps:
        now += gap
        admitted += [now for _ in range(tries) if table.take(KEY, limit, now).admitted]
    table.close()
    for first, time in enumerate(admitted):
        after = bisect_left(admitted, time + WINDOW + 0.000001)
        assert after - first <= limit


@given(STEPS, st.integers(1, 12))
def test_a_refusal_says_when_there_is_room_again(steps: list[tuple[float, int]], limit: int) -> None:
    """One call is admitted after `reset` seconds, none a second earlier; and the count of those left is true."""
    table, now, left = Table(None), START, limit
    for gap, tries in steps:
        now += float(int(gap))
        for _ in range(tries):
            found = table.take(KEY, limit, now)
            assert found.remaining >= left - 1 if found.admitted else found.remaining == 0
            left = found.remaining
        if not found.admitted:
            assert not table.take(KEY, limit, now + found.reset - 1).admitted
            now += found.reset
            found = table.take(KEY, limit, now)
            assert found.admitted
            left = found.remaining
    table.close()


def test_a_full_burst_is_admitted_and_comes_back_in_an_hour_and_a_minute() -> None:
    """Nobody who was idle gets less than the limit, and nobody waits longer than a minute more than an hour."""
    table = Table(None)
    assert [table.take(KEY, 1000, START).remaining for _ in range(1000)] == list(range(999, -1, -1))
    refused = table.take(KEY, 1000, START)
    assert not refused.admitted
    assert WINDOW <= refused.reset <= WINDOW + WIDTH
    assert table.take(KEY, 1000, START + refused.reset).remaining == 999
    table.close()


def test_a_clock_that_is_set_back_gives_nothing_back() -> None:
    """An hour back in time, the calls of before still count."""
    table = Table(None)
    assert [table.take(KEY, 2, START).admitted for _ in range(3)] == [True, True, False]
    assert not table.take(KEY, 2, START - 7200).admitted
    table.close()


def test_a_lowered_limit_refuses_until_enough_has_left() -> None:
    """Who used more than a new, lower limit waits; nothing is negative."""
    table = Table(None)
    for minute in range(5):
        table.take(KEY, 10, START + minute * WIDTH)
    refused = table.take(KEY, 2, START + 300)
    assert (refused.admitted, refused.remaining) == (False, 0)
    assert refused.reset > 0
    table.close()


def test_buckets_of_a_store_become_a_window() -> None:
    """What is older than an hour, or from the future, does not count."""
    assert gather(100, [(100, 3), (40, 2), (39, 9), (101, 9)]) == Window(100, 40, 5)
    assert gather(100, []) == Window(100, 100, 0)
    assert standing(100, 0, 5, 6000.0, admitted=True) == (True, 5, 5, 0)
    assert COUNTED * WIDTH == WINDOW + WIDTH
