"""`python -m bench.quickstart`: follow docs/quickstart.md from nothing to the first call, and time each step.

A clone of this repository goes into an empty folder, with an environment of its own and, unless `--warm`, no package
kept by pip from before. The blocks of the page are typed as they stand, on another port when `--port` says so. The
browser is a program that signs in and allows at once; a person takes longer there.
"""

import argparse
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHOWN_PORT = "8000"
READY = "Polar listens on"
PATIENCE = 300
"""Seconds after which a command hangs."""
_BLOCK = re.compile(r"^```(\S+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Newcomer:
    """Who follows the page. `steps` are what was typed or saved, and the seconds
    that it took: by the clock, and of CPU time.
    """

    folder: Path
    page: str
    port: str
    warm: bool
    steps: list[tuple[str, float, float]] = field(default_factory=list)
    server: "subprocess.Popen[str] | None" = None

    def follow(self) -> None:
        """From the top to the end of the block that makes the first call."""
        for language, word, text in _BLOCK.findall(self.page):
            typed = text.replace("REPOSITORY", str(ROOT)).replace(f"localhost:{SHOWN_PORT}", f"localhost:{self.port}")
            if "." in word:
                (self._clone / word).write_text(typed)
                self.steps.append((f"save {word}", 0.0, 0.0))
            elif language == "sh":
                printed = [self._do(line) for line in typed.strip().splitlines()]
                if "token=" in printed[-1]:
                    return
        raise SystemExit("The page never came to a call.")

    def close(self) -> None:
        """Stop the server."""
        if self.server is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.server.pid, signal.SIGTERM)
            self.server.wait()

    def _do(self, line: str) -> str:
        began, used = time.perf_counter(), self._used()
        printed = self._start_server(line) if line == "script/server" else self._run(line)
        self.steps.append((line, time.perf_counter() - began, self._used() - used))
        return printed

    def _used(self) -> float:
        """CPU seconds of every command so far, the running server with what it installed included."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self.server is None:
            return ended.ru_utime + ended.ru_stime
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return ended.ru_utime + ended.ru_stime + sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def _run(self, line: str) -> str:
        if line.startswith("cd "):
            return ""  # every command after the clone runs there
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self._clone if self._clone.exists() else self.folder,
            env=self._variables,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise SystemExit(f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _start_server(self, line: str) -> str:
        """Start it in a terminal of its own, and wait until it says that it listens."""
        self.server = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self._clone,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.server.stdout
        printed = ""
        while READY not in printed:
            line = self.server.stdout.readline()
            if not line:
                raise SystemExit(f"The server ended:\n{printed}")
            printed += line
        return printed

    @property
    def _clone(self) -> Path:
        return self.folder / "polar-server"

    @property
    def _browser(self) -> Path:
        """A program that does what a person does there. A file, for BROWSER may hold no colon."""
        path = self.folder / "browser"
        path.write_text(
            f"#!/bin/sh\ncd {ROOT} && PYTHONPATH={ROOT}:{ROOT / 'src'} "
            f'exec {sys.executable} -m tests.guides.browser http://localhost:{self.port} lighthouse "$1"\n'
        )
        path.chmod(0o700)
        return path

    @property
    def _variables(self) -> dict[str, str]:
        ours = ("POLAR_", "PYTHON", "VIRTUAL_ENV", "PIP_CACHE_DIR", "XDG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        issuer = f"http://localhost:{self.port}"
        variables = kept | {"HOME": str(self.folder), "BROWSER": f"{self._browser} %s &", "POLAR_ISSUER": issuer}
        return variables | ({"PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip")} if self.warm else {})


def main() -> None:
    """Follow the page as often as asked, and print the steps with the medians of their times."""
    options = _options()
    rounds = [_follow(options) for _ in range(options.rounds)]
    steps = [
        (same[0][0], *(statistics.median(times) for times in list(zip(*same, strict=True))[1:]))
        for same in zip(*rounds, strict=True)
    ]
    commands = [name for name, *_ in steps if not name.startswith("save ")]
    steps.append(
        (
            f"{len(commands)} commands, {len(steps) - len(commands)} file",
            *(sum(step[unit] for step in steps) for unit in (1, 2)),
        )
    )
    for name, clock, used in steps:
        print(f"{name:<60}  {clock:6.1f} s  {used:6.1f} s of CPU")


def _follow(options: argparse.Namespace) -> list[tuple[str, float, float]]:
    with tempfile.TemporaryDirectory(prefix="polar-newcomer-") as folder:
        page = (ROOT / "docs" / "quickstart.md").read_text()
        newcomer = Newcomer(Path(folder), page, options.port, options.warm)
        try:
            newcomer.follow()
        finally:
            newcomer.close()
    return newcomer.steps


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.quickstart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--port", default=SHOWN_PORT, help="where the server listens; the page says 8000")
    parser.add_argument("--warm", action="store_true", help="let pip use the packages that it has kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
