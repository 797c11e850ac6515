"""polar-server as an operator runs it: processes of its own, a data folder, a log file, and the command line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.attacks.cases import Request
from tests.attacks.wire import Place, Response
from tests.servers import free_port

ISSUER = "https://id.polar.test"
PATIENCE = 30


class Server:
    """A server that listens on plain HTTP behind an https issuer, as behind a proxy that ends TLS."""

    def __init__(self, folder: Path, variables: Mapping[str, str], workers: int, caller: str = "127.0.0.1") -> None:
        self.folder, self._workers = folder, workers
        self._environment = {**_clean_environment(), **variables}
        self.place = Place(free_port(), ISSUER.removeprefix("https://"), caller)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. The log goes on where it was."""
        options = ("--port", str(self.place.port), "--workers", str(self._workers))
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*_COMMAND, "serve", *options],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it finish what it does, with all its workers."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Pull the plug: nothing of it runs on, and its port is free again."""
        self._end(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while self._listens():
            assert time.monotonic() < deadline, "a worker outlived its server"
            time.sleep(0.02)

    def run(self, *arguments: str, **variables: str) -> Any:
        """What a command prints with --json. It must succeed."""
        done = subprocess.run(
            [*_COMMAND, *arguments, "--json"],
            env=self._environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def log(self) -> str:
        """Everything that it wrote so far."""
        return self._log_file.read_text("utf-8", "replace")

    def get(self, path: str, **headers: str) -> Response:
        return self.place.send(Request(method="GET", path=path, headers={**headers}))

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Response:
        return self.place.send(Request(method="POST", path=path, form={**form}, headers={**headers}))

    @property
    def _log_file(self) -> Path:
        return self.folder / "server.log"

    def _answers(self) -> bool:
        try:
            return self.get("/.well-known/jwks.json").status == 200
        except OSError:
            return False

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.place.port)) == 0

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        os.killpg(self._process.pid, how)
        self._process.wait(PATIENCE)
        self._process = None


_COMMAND = (sys.executable, "-m", "polar_server")


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("POLAR_")}
