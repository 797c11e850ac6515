"""How uvicorn is started on Authlib with FastAPI."""

import sys

from bench.peers.authlib_server.start import DRIVERS, MODULES, SEED
from bench.peers.peer import Peer, lacking


def _command(port: int) -> list[str]:
    return [sys.executable, "-m", "bench.peers.authlib_fastapi.app", f"--port={port}"]


PEER = Peer(
    "authlib-fastapi",
    ("sqlite", "postgres"),
    _command,
    lambda: lacking("fastapi", "multipart", "uvicorn", *MODULES),
    lambda: "uvicorn, uvloop, httptools, 1 worker, thread pool",
    DRIVERS,
    SEED,
)
