"""The file of counts: exact for several processes, kept by their death, and large enough for everybody."""

import hashlib
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from polar_server.rate_limits.tables import KEY, Table

NOW = 1_800_000_000.0
ONE = b"1" * KEY
MANY = 2**31


def key(number: int) -> bytes:
    return hashlib.blake2b(str(number).encode(), digest_size=KEY).digest()


def _take_all(path: Path, tries: int, keys: int, limit: int) -> int:
    table = Table(path)
    admitted = sum(table.take(key(number % keys), limit, NOW).admitted for number in range(tries))
    table.close()
    return admitted


def _take_for_ever(path: Path) -> None:
    table = Table(path)
    while True:
        table.take(ONE, MANY, NOW)


def test_several_processes_admit_exactly_the_limit(tmp_path: Path) -> None:
    """Four processes that try at the same time get the limit together, for each key, and not one more."""
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_take_all, tmp_path / "calls", 3000, 3, 1000) for _ in range(4)]
        assert sum(future.result() for future in futures) == 3 * 1000


def test_a_worker_that_is_killed_leaves_no_lock_and_no_wrong_count(tmp_path: Path) -> None:
    """Killed in the middle of counting, again and again: the next one goes on at once, from whole numbers."""
    table, context = Table(tmp_path / "calls"), multiprocessing.get_context("spawn")
    for _ in range(3):
        before = table.take(ONE, MANY, NOW).remaining
        worker = context.Process(target=_take_for_ever, args=(tmp_path / "calls",))
        worker.start()
        deadline = time.monotonic() + 30
        while table.take(ONE, MANY, NOW).remaining > before - 5000:
            assert time.monotonic() < deadline
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
        left = table.take(ONE, MANY, NOW).remaining
        assert table.take(ONE, MANY, NOW).remaining == left - 1
    table.close()


def test_counts_outlive_their_worker(tmp_path: Path) -> None:
    """A restart gives nothing back."""
    for remaining in (1, 0, 0):
        table = Table(tmp_path / "calls")
        assert table.take(ONE, 2, NOW).remaining == remaining
        table.close()


def test_the_file_grows_before_a_key_is_forgotten(tmp_path: Path) -> None:
    """Forty thousand callers are told apart, by a worker that did not see the file grow, too; idle ones make room."""
    table, other = Table(tmp_path / "calls"), Table(tmp_path / "calls")
    count = 40_000
    assert all(table.take(key(number), 1, NOW).admitted for number in range(count))
    assert not any(other.take(key(number), 1, NOW).admitted for number in range(0, count, 7))
    grown = (tmp_path / "calls").stat().st_size
    assert all(table.take(key(-number), 1, NOW + 3700).admitted for number in range(1, count))
    assert (tmp_path / "calls").stat().st_size == grown
    table.close()
    other.close()


def test_beyond_the_largest_file_the_idlest_gives_way() -> None:
    """A table that may not grow serves on: the key that has been idle the longest is forgotten, the newest is not."""
    table, count = Table(None, most_regions=1), 30_000
    for number in range(count):
        assert table.take(key(number), 2, NOW + number / 10).admitted
    assert table.take(key(count - 1), 2, NOW + count / 10).remaining == 0
    assert table.take(key(0), 2, NOW + count / 10).remaining == 1
    table.close()


def test_the_file_is_private_and_small(tmp_path: Path) -> None:
    """Nobody else may read who calls, and what is not used takes no disk."""
    table = Table(tmp_path / "calls")
    table.take(ONE, 1, NOW)
    status = (tmp_path / "calls").stat()
    assert status.st_mode & 0o777 == 0o600
    assert status.st_blocks * 512 < 200_000
    table.close()


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """What is not ours is not written over."""
    path = tmp_path / "calls"
    path.write_bytes(b"somebody's notes, which are longer than a magic number")
    with pytest.raises(OSError, match="not a file of rate limits"):
        Table(path)
    assert path.read_bytes().startswith(b"somebody")
