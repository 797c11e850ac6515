"""Counts that the processes of one host add up: each writes its own row of a file in mapped memory.

A process locks its row for as long as it lives, so that nobody else writes there, and adding takes no lock. Whoever
takes the row next goes on from what is there: a sum never falls, whatever ends or starts.
"""

import errno
import fcntl
import mmap
import os
from pathlib import Path

ROWS = 128
"""Processes that can count at the same time."""
_CELL = 8


class Counts:
    """So many counters. Without a path they are this process's own. A process opens a file once."""

    def __init__(self, path: Path | None, cells: int) -> None:
        self._cells = cells
        size = cells * _CELL * (1 if path is None else ROWS)
        self._file = -1 if path is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if path is not None:
            os.ftruncate(self._file, size)
        self._map = mmap.mmap(self._file, size)
        self._all = memoryview(self._map).cast("Q")
        start = 0 if path is None else self._claim() * cells
        self._own = self._all[start : start + cells]

    def add(self, cell: int) -> None:
        """Count one more."""
        self._own[cell] += 1

    def totals(self) -> list[int]:
        """What all processes counted, by cell."""
        everything = self._all.tolist()
        return [sum(everything[cell :: self._cells]) for cell in range(self._cells)]

    def close(self) -> None:
        """Let go of the row."""
        self._own.release()
        self._all.release()
        self._map.close()
        if self._file >= 0:
            os.close(self._file)

    def _claim(self) -> int:
        for row in range(ROWS):
            try:
                # The lock ends with the process, however that ends.
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN):
                    raise
            else:
                return row
        raise OSError(errno.EAGAIN, f"more than {ROWS} processes count there")
