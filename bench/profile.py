"""`python -m bench.profile OPERATION`: where a server's time goes, as a flame graph in build/bench/flame-OPERATION.svg.

py-spy reads the stacks of a running server from outside, a few hundred times a second, while it is kept busy. Threads
that wait do not count. It needs leave to trace another process: root, or ptrace_scope 0.
"""

import argparse
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import operations, stage
from bench.flames import draw, folded
from bench.scales import Scale
from bench.servers import Missing, Server, Wanted
from bench.stage import OUTPUT, Stage
from polar_server.oauth.subjects import SubjectType

RATE = 250
"""Samples in a second."""
_SPY = "py-spy"


def main() -> None:
    """Profile one operation on one engine."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("operation", choices=operations.NAMES)
    parser.add_argument("--engine", choices=stage.ENGINES, default="sqlite")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of the picture")
    options = parser.parse_args()
    scale = Scale(0, 0, 0, 1, options.requests, 400, 0, 0)
    with stage.opened(scale, options.output) as on:
        stacks = profile(on, options.engine, options.operation)
    title = f"{options.operation} on {options.engine}"
    file = options.output / f"flame-{options.operation.replace(' ', '-').lower()}-{options.engine}.svg"
    file.write_text(draw(title, stacks))
    stage.say(f"wrote {file}")


def profile(on: Stage, engine: str, name: str) -> dict[tuple[str, ...], int]:
    """Samples by stack, the outermost function first. Raises Missing without py-spy."""
    wanted = Wanted([name], SubjectType.USER, on.scale.plan(), min(on.scale.requests, 2_000), 300)
    with on.server(engine, "profile", wanted) as server:
        asked = server.operations[name]
        on.run.send(server.target, asked, asked.slice(0, on.scale.warm_up))
        file = on.folder / "stacks.txt"
        with _watched(server, file):
            _, requests = server.plan.round(asked, 0)
            on.run.send(server.target, asked, requests)
        return folded(file.read_text())


@contextmanager
def _watched(server: Server, file: Path) -> Iterator[None]:
    """The server under py-spy's eyes while the block runs."""
    spy = shutil.which(_SPY, path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if spy is None:
        raise Missing(f"py-spy is missing: {sys.executable} -m pip install -r requirements/bench.txt")
    command = [spy, "record", "--pid", str(server.target.pid), "--rate", str(RATE), "--nonblocking"]
    command += ["--format", "raw", "--output", str(file), "--duration", "unlimited"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # it writes its file then
        process.wait(timeout=60)


if __name__ == "__main__":
    try:
        main()
    except Missing as missing:
        sys.exit(str(missing))
