"""The processes that answer: `python -m polar_server.processes HOST PORT WORKERS`, which is what `serve` becomes."""

import sys

import uvicorn

# What others load wherever it is installed, for what a worker never does: pictures of tracebacks, and descriptions of
# classes that we do not have. 6 MB.
for name in ("attr", "attrs", "pydantic", "rich"):
    sys.modules[name] = None  # type: ignore[assignment]

GRACEFUL_SHUTDOWN = 10
"""Seconds that requests under way get when the server stops."""
BACKLOG = 2048
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: proxies and client pools, which keep theirs for less, close first."""


def listen(host: str, port: int, workers: int) -> None:
    """Answer requests until the end is asked for."""
    uvicorn.run(
        "polar_server.app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="polar_server.plain_protocol:PlainProtocol",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # The app itself decides whom to believe about X-Forwarded-For: POLAR_TRUSTED_PROXIES.
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN,
    )


if __name__ == "__main__":
    listen(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
