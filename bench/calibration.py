"""How fast the machine is at this moment: the same small work on a core, again and again."""

import hashlib
import os
import time

_TIMES = 2_000
_REPEATS = 5


def measure(core: int) -> int:
    """CPU nanoseconds of a fixed piece of Python and hashing on a core; the fastest of a few tries."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return min(_once() for _ in range(_REPEATS))
    finally:
        os.sched_setaffinity(0, before)


def _once() -> int:
    began = time.thread_time_ns()
    kept: dict[str, str] = {}
    for number in range(_TIMES):
        name = f"name{number % 50}"
        kept[name] = hashlib.sha256(name.encode()).hexdigest()
        " ".join(sorted(kept)).split(" ")
    return time.thread_time_ns() - began
