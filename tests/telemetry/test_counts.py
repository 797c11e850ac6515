"""Counts that processes share."""

import subprocess
import sys
from pathlib import Path

import pytest

from polar_server.telemetry import counts
from polar_server.telemetry.counts import Counts

# Counts a hundred times in a cell, says so, and then waits for the end of its input.
_PROCESS = """
import sys
from pathlib import Path
from polar_server.telemetry.counts import Counts

counts = Counts(Path(sys.argv[1]), 3)
for _ in range(100):
    counts.add(int(sys.argv[2]))
print("counted", flush=True)
sys.stdin.read()
"""


def process(path: Path, cell: int) -> "subprocess.Popen[str]":
    """Another process that has counted, and holds its row."""
    command = [sys.executable, "-c", _PROCESS, str(path), str(cell)]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "counted\n"
    return started


def end(*processes: "subprocess.Popen[str]") -> None:
    for each in processes:
        each.kill()
        each.communicate()


def test_processes_add_up(tmp_path: Path) -> None:
    """Each counts in a row of its own; anyone sees the sum, also of those that were killed."""
    path = tmp_path / "counts"
    ours = Counts(path, 3)
    ours.add(2)
    others = [process(path, 0), process(path, 0), process(path, 1)]
    assert ours.totals() == [200, 100, 1]
    end(*others)
    assert ours.totals() == [200, 100, 1]
    ours.close()


def test_a_row_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes after a process that ended goes on from its counts; while it lives there is no room in its row."""
    path = tmp_path / "counts"
    first = process(path, 1)
    monkeypatch.setattr(counts, "ROWS", 1)
    with pytest.raises(OSError, match="more than 1 processes"):
        Counts(path, 3)
    end(first)
    second = Counts(path, 3)
    second.add(1)
    assert second.totals() == [0, 101, 0]
    second.close()


def test_counts_without_a_file_are_ones_own() -> None:
    """Nobody else sees them."""
    ours, others = Counts(None, 2), Counts(None, 2)
    ours.add(1)
    assert (ours.totals(), others.totals()) == ([0, 1], [0, 0])
