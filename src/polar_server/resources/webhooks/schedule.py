"""When an event is sent again, and when one gives up."""

ATTEMPTS = 10
LONGEST = 1200
"""Seconds; longer waits become half of this to all of it."""
HELD = 60
"""Seconds that an event waits for those before it which did not arrive; then it overtakes them."""
FAILURES = 10
"""Events in a row that did not arrive, after which an endpoint is disabled."""


def delay(attempt: int, chance: float) -> int:
    """Seconds to wait after this attempt, counted from 1, has failed: 4 to 8, then 8 to 16, up to 20 minutes.

    `chance` is between 0 and 1, so that receivers which failed together are not called together.
    """
    seconds = 2.0 * (1 << attempt) * (1 + chance)
    if seconds > LONGEST:
        seconds = LONGEST * (0.5 + chance / 2)
    return round(seconds)
