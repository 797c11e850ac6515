"""Counts in a file that the workers of one host share: a hash table in mapped memory, under one lock.

The lock belongs to a process and ends with it, so a worker that dies leaves nothing locked, and the
counts outlive every worker. A process uses a table from one thread.
"""

import errno
import fcntl
import mmap
import os
import struct
from pathlib import Path

from polar_server.rate_limits.windows import COUNTED, COUNTS, WIDTH, Standing, Window, advance, standing

KEY = 16
"""Bytes of a key: a digest, so that no two callers share one."""

_WINDOW = struct.Struct("<3I")
_COUNT = struct.Struct("<I")
_SLOT = _WINDOW.size + COUNTS.size
_LAST = _SLOT - _COUNT.size
_SLOTS = 8
_KEYS = _SLOTS * KEY
_SET = _KEYS + _SLOTS * _SLOT
_FIRST_SETS = 1024
_MAGIC = b"polar rate limits, format 1".ljust(32, b"\0")
_HEAD = 64
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


class Table:
    """Counts by key. Without a path they are this process's own.

    A set has eight keys and then their slots. A key whose set is full goes to the next region of the
    file, which has twice as many sets and is added when it is needed. Beyond `most_regions`, the
    key of the set that has been idle the longest gives way.
    """

    def __init__(self, path: Path | None, most_regions: int = 10) -> None:
        self._regions, self._most_regions = 1, most_regions
        self._file = None if path is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._map = mmap.mmap(-1, _size(1), flags=_PRIVATE) if self._file is None else _mapped(self._file)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        if self._file is not None:
            os.close(self._file)

    def take(self, key: bytes, limit: int, now: float) -> Standing:
        """Count one request when there is room for it."""
        if self._file is None:
            return self._take(key, limit, now)
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
        try:
            return self._take(key, limit, now)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)

    def _take(self, key: bytes, limit: int, now: float) -> Standing:
        bucket = int(now // WIDTH)
        slot = self._find(key)
        if slot is None:
            slot = self._claim(key, bucket)
        newest, oldest, used = _WINDOW.unpack_from(self._map, slot)
        # A clock that was set back gives nothing back: the newest bucket then stays the newest.
        if newest < bucket:
            newest, oldest, used = self._advance(slot, bucket)
        admitted = used < limit
        if admitted:
            used += 1
            _WINDOW.pack_into(self._map, slot, newest, oldest, used)
            _COUNT.pack_into(self._map, slot + _LAST, _COUNT.unpack_from(self._map, slot + _LAST)[0] + 1)
        return standing(oldest, used, limit, now, admitted=admitted)

    def _advance(self, slot: int, bucket: int) -> Window:
        newest: int = _COUNT.unpack_from(self._map, slot)[0]
        window, counts = advance(newest, COUNTS.unpack_from(self._map, slot + _WINDOW.size), bucket)
        # In one piece: a worker that is killed here leaves the slot as it was, or as it should be.
        self._map[slot : slot + _SLOT] = _WINDOW.pack(*window) + COUNTS.pack(*counts)
        return window

    def _find(self, key: bytes) -> int | None:
        slot = self._find_from(0, key)
        known = self._regions
        # Only a key that is not found may be in a region that another worker has added.
        return self._find_from(known, key) if slot is None and self._known_regions() > known else slot

    def _find_from(self, region: int, key: bytes) -> int | None:
        for each in range(region, self._regions):
            start = _set_of(each, key)
            found = self._map.find(key, start, start + _KEYS)
            if found >= 0:
                return _slot(start, (found - start) // KEY)
        return None

    def _claim(self, key: bytes, bucket: int) -> int:
        """A slot for a new key."""
        free = self._free(key, bucket)
        while free is None and self._grow():
            free = self._free(key, bucket)
        start, number = free or self._idlest(key)
        slot = _slot(start, number)
        self._map[slot : slot + _SLOT] = bytes(_SLOT)
        self._map[start + number * KEY : start + (number + 1) * KEY] = key
        return slot

    def _free(self, key: bytes, bucket: int) -> tuple[int, int] | None:
        """A slot that was never used, or whose counts are over."""
        for region in range(self._regions):
            start = _set_of(region, key)
            for number in range(_SLOTS):
                if self._newest(start, number) <= bucket - COUNTED:
                    return start, number
        return None

    def _idlest(self, key: bytes) -> tuple[int, int]:
        start = _set_of(self._regions - 1, key)
        return start, min(range(_SLOTS), key=lambda number: self._newest(start, number))

    def _newest(self, start: int, number: int) -> int:
        newest: int = _COUNT.unpack_from(self._map, _slot(start, number))[0]
        return newest

    def _known_regions(self) -> int:
        """How many regions there are by now."""
        self._regions = 1 + int(_COUNT.unpack_from(self._map, len(_MAGIC))[0])
        if len(self._map) < _size(self._regions):
            self._map.resize(_size(self._regions))
        return self._regions

    def _grow(self) -> bool:
        if self._regions == self._most_regions:
            return False
        self._map.resize(_size(self._regions + 1))
        _COUNT.pack_into(self._map, len(_MAGIC), self._regions)
        self._regions += 1
        return True


def _mapped(file: int) -> mmap.mmap:
    """The file in memory; a new one gets its head first. Raises OSError for a file that is not ours."""
    fcntl.lockf(file, fcntl.LOCK_EX, 1)
    try:
        head = os.pread(file, len(_MAGIC), 0)
        if not head.strip(b"\0"):
            os.ftruncate(file, _size(1))
            os.pwrite(file, _MAGIC, 0)
        elif head != _MAGIC:
            raise OSError(errno.EINVAL, "it is not a file of rate limits in this format")
        return mmap.mmap(file, os.fstat(file).st_size)
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, 1)


def _size(regions: int) -> int:
    """Bytes of a file with so many regions, each twice as large as the one before. Untouched parts take no disk."""
    return _HEAD + _SET * _FIRST_SETS * ((1 << regions) - 1)


def _set_of(region: int, key: bytes) -> int:
    return _size(region) + _SET * (int.from_bytes(key[:8], "little") % (_FIRST_SETS << region))


def _slot(start: int, number: int) -> int:
    return start + _KEYS + number * _SLOT
