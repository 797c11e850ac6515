"""Ids that sort by time: UUIDs of version 7 (RFC 9562 §5.7)."""

import os
import time
from threading import Lock

_FRACTION = 1 << 12
_lock = Lock()
_last = 0


def ordered_id() -> str:
    """A new id, greater than every earlier one of this process.

    RFC 9562 §6.2, method 3: twelve bits hold the fraction of the millisecond. Like randomness, the time in
    an id tells ids apart and means nothing else, so it is read here.
    """
    ticks = _next_tick()
    milliseconds, fraction = divmod(ticks, _FRACTION)
    low = int.from_bytes(os.urandom(8)) & (1 << 62) - 1 | 2 << 62
    digits = f"{milliseconds:012x}7{fraction:03x}{low:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _next_tick() -> int:
    global _last  # noqa: PLW0603 - what this process gave last is the process's
    with _lock:
        _last = max(_last + 1, time.time_ns() * _FRACTION // 1_000_000)
        return _last
