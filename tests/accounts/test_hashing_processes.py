"""Hashes that are computed beside the worker."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.accounts.conftest import CHEAP

from polar_server.accounts import hashing
from polar_server.accounts.hashing_processes import HashingProcesses
from polar_server.accounts.passwords import Passwords, PasswordsBusy, Verification

QUESTION = {"password": "a quiet green lamp", "hash": CHEAP.hash("a quiet green lamp")}
_PARENT = f"""
from polar_server.accounts.hashing_processes import HashingProcesses
processes = HashingProcesses()
print(processes.answer({QUESTION!r}), processes._mine.process.pid, flush=True)
input()
"""
_NO_PATIENCE = "from polar_server.accounts import hashing; hashing.IDLE = 0; hashing.main()"


@pytest.fixture
def processes() -> Iterator[HashingProcesses]:
    opened = HashingProcesses()
    yield opened
    opened.close()


@pytest.mark.parametrize("password", ["a quiet green lamp", "two\nlines", "\0", "half \udc80", "🦊" * 256])
async def test_a_hash_from_beside_is_a_hash(password: str) -> None:
    """Whatever characters a password has, its hash verifies it alone, beside the worker and within."""
    beside, within = Passwords(1, hasher=CHEAP, apart=True), Passwords(1, hasher=CHEAP)
    hashed = await beside.hash(password)
    for passwords in (beside, within):
        assert await passwords.verify(password, hashed) == Verification(correct=True)
        assert await passwords.verify(password + "x", hashed) == Verification(correct=False)
        assert await passwords.verify(password, "plain") == Verification(correct=False)
        passwords.close()


def test_it_steps_back_and_knows_no_secret(processes: HashingProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has the lowest priority, and nothing of the environment but where modules are."""
    monkeypatch.setenv("POLAR_SERVER_KEY", "secret")
    processes.answer(QUESTION)
    pid = processes._mine.process.pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert environment.startswith(b"PYTHONPATH=")
    assert environment.count(b"\0") == 1


def test_who_is_killed_is_asked_again(processes: HashingProcesses) -> None:
    """A question that a process dies over is answered by another."""
    with ThreadPoolExecutor(1) as pool:
        pid = pool.submit(lambda: (processes.answer(QUESTION), processes._mine.process.pid)[1]).result()
        os.kill(pid, signal.SIGSTOP)
        asked = pool.submit(processes.answer, QUESTION)
        os.kill(pid, signal.SIGKILL)
        assert asked.result(30) is True


def test_an_end_is_noticed_at_once(processes: HashingProcesses) -> None:
    """Of a process that ends while nobody asks, nothing is left in the list of processes."""
    processes.answer(QUESTION)
    process = processes._mine.process
    (waits,) = (thread for thread in threading.enumerate() if thread.name == f"end of {process.pid}")
    process.kill()
    waits.join(10)
    assert not Path(f"/proc/{process.pid}").exists()
    assert processes.answer(QUESTION) is True


async def test_who_dies_each_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is let in and nobody is called wrong when no hash can be computed."""
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(hashing, "__file__", str(broken))
    passwords = Passwords(1, hasher=CHEAP, apart=True)
    with pytest.raises(PasswordsBusy):
        await passwords.verify("a quiet green lamp", QUESTION["hash"])
    passwords.close()


def test_it_ends_with_the_worker() -> None:
    """Also when the worker is killed and can tell nobody."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        answer, pid = worker.stdout.readline().split()
        assert answer == b"True"
        handle = os.pidfd_open(int(pid))
        worker.kill()
        assert select.select([handle], [], [], 10)[0]
        os.close(handle)


def test_it_ends_when_nobody_asks(processes: HashingProcesses) -> None:
    """A process without work goes by itself, and the next question begins another."""
    idle = subprocess.Popen([sys.executable, "-c", _NO_PATIENCE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert idle.wait(10) == 0
    processes._mine.process = idle
    assert processes.answer(QUESTION) is True


def test_the_end_of_the_service_is_the_workers_to_say() -> None:
    """Signals that reach every process of a service do not end a hash that somebody waits for."""
    with subprocess.Popen([sys.executable, hashing.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for end in (0, signal.SIGINT, signal.SIGTERM):
            process.send_signal(end)
            process.stdin.write(json.dumps(QUESTION).encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"true\n"
        process.stdin.close()
        assert process.wait(10) == 0
