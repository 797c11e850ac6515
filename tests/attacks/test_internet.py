"""The internet that servers under attack are shown: what is inside is heard, what is public is a receiver of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.attacks.canary import Canary
from tests.attacks.receiver import Receiver

# As a server would call that checks nothing.
_CALL = """
import asyncio, socket, sys
import httpcore

async def call(host, port):
    address = socket.getaddrinfo(host, port)[0][4][0]
    network = httpcore.AnyIOBackend()
    stream = await network.connect_tcp(address, int(port), timeout=5)
    print(stream.get_extra_info("server_addr"))
    context = httpcore.default_ssl_context()
    stream = await stream.start_tls(context, server_hostname=host, timeout=5)
    await stream.write(b"POST /called HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n")
    await stream.read(100)

asyncio.run(call(*sys.argv[1:]))
"""


def called(host: str, port: int, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What becomes of a call from a process with these variables."""
    command = [sys.executable, "-c", _CALL, host, str(port)]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("host, port", [("10.0.0.5", 443), ("169.254.169.254", 80), ("::1", 443)])
def test_a_call_inside_is_heard(tmp_path: Path, host: str, port: int) -> None:
    """Whoever connects to an address that is not public connects to the canary."""
    with Canary() as canary, Receiver(tmp_path) as receiver:
        called(host, port, canary.variables | receiver.variables)
        assert len(canary.heard) == 1
        assert receiver.got == []


def test_the_receiver_is_called_by_name(tmp_path: Path) -> None:
    """Its name leads to a public address, its certificate is trusted, and what came is remembered."""
    with Canary() as canary, Receiver(tmp_path) as receiver:
        done = called("receiver.example", 443, canary.variables | receiver.variables)
        assert (done.returncode, done.stdout) == (0, "('93.184.215.14', 443)\n"), done.stderr
        assert len(receiver.at("/called")) == 1
        assert canary.heard == []


@pytest.mark.parametrize("host", ["8.8.8.8", "flaky.example"])
def test_nobody_else_is_there(tmp_path: Path, host: str) -> None:
    """Any other public address refuses, and a name may have no answer: nothing leaves the machine."""
    with Canary() as canary, Receiver(tmp_path) as receiver:
        assert called(host, 443, canary.variables | receiver.variables).returncode != 0
        assert (canary.heard, receiver.got) == ([], [])
