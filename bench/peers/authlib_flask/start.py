"""How Gunicorn is started on Authlib with Flask."""

import sys

from bench.peers.authlib_server.start import DRIVERS, MODULES, SEED
from bench.peers.peer import Peer, lacking

_SETTINGS = {"worker-class": "gthread", "workers": 1, "threads": 16, "keep-alive": 75, "backlog": 2048}


def _command(port: int) -> list[str]:
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    place = [f"--bind=127.0.0.1:{port}", "--graceful-timeout=5", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *settings, *place, "bench.peers.authlib_flask.app:app"]


PEER = Peer(
    "authlib-flask",
    ("sqlite", "postgres"),
    _command,
    lambda: lacking("flask", "gunicorn", *MODULES),
    lambda: "gunicorn, gthread, 1 worker, 16 threads",
    DRIVERS,
    SEED,
)
