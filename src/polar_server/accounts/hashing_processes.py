"""Hashes computed beside the worker.

A hash takes 100 ms of a core and 64 MiB. In a thread of the worker it would hold the interpreter's lock while it has no
core to run on, and giving its memory back would halt every other thread: requests beside it would wait.
"""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import structlog

from polar_server.accounts import hashing

_PATIENCE = 10
"""Seconds that a process has to end after its last question."""

log = structlog.get_logger()


class HashingFailed(Exception):
    """The process was killed twice, perhaps for its memory. Nothing was decided."""


class HashingProcesses:
    """A process for each thread that asks, begun with its first question."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._all: set[subprocess.Popen[bytes]] = set()

    def answer(self, question: dict[str, Any]) -> Any:
        """What hashing.answer says. Raises HashingFailed."""
        for _ in range(2):
            line = _ask(self._process(), json.dumps(question).encode() + b"\n")
            if line:
                return json.loads(line)
            self._forget()
        raise HashingFailed

    def close(self) -> None:
        """End every process. Nobody asks any more."""
        while self._all:
            _end(self._all.pop())

    def _process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] | None = getattr(self._mine, "process", None)
        if process is None:
            process = self._mine.process = _begin()
            self._all.add(process)
        return process

    def _forget(self) -> None:
        process = self._mine.process
        self._mine.process = None
        self._all.discard(process)
        if code := _end(process):
            log.warning("hashing_process_ended", code=code)


def _begin() -> subprocess.Popen[bytes]:
    # It gets no secret of the environment, only where modules are.
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe, command = subprocess.PIPE, [sys.executable, "-P", hashing.__file__]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment)  # noqa: S603 - nobody chose it
    # Somebody waits for its end, whenever that is: no process is left that has ended and still stands in the list.
    threading.Thread(target=process.wait, name=f"end of {process.pid}", daemon=True).start()
    return process


def _ask(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    """The answer; nothing from a process that has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return b""


def _end(process: subprocess.Popen[bytes]) -> int:
    """How it ended: 0 when it had nothing to do."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        return process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
    finally:
        process.stdout.close()
