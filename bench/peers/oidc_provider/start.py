"""How node-oidc-provider is started, and on which Node."""

import json
from pathlib import Path

from bench import processes
from bench.peers.peer import ROOT, Peer

_FOLDER = Path(__file__).parent
_OLDEST = (22, 13)
"""The first Node whose SQLite needs no flag."""


def _node() -> str | None:
    """The Node among the peer's packages, else the machine's when it is new enough."""
    for node in (str(_FOLDER / "node_modules/.bin/node"), "node"):
        version = (processes.says([node, "--version"]) or "v0.0").lstrip("v").split(".")
        if (int(version[0]), int(version[1])) >= _OLDEST:
            return node
    return None


def _missing() -> str | None:
    if not (_FOLDER / "node_modules/oidc-provider").is_dir():
        return f"its packages are not installed: npm --prefix {_FOLDER.relative_to(ROOT)} ci"
    return None if _node() else "it needs Node 22.13 or newer"


def _command(_: int) -> list[str]:
    return [_node() or "node", "--disable-warning=ExperimentalWarning", str(_FOLDER / "server.mjs")]


def _server() -> str:
    package = json.loads((_FOLDER / "node_modules/oidc-provider/package.json").read_text())
    return f"oidc-provider {package['version']}, Node {processes.says([_node() or 'node', '--version'])}, 1 process"


PEER = Peer(
    "oidc-provider",
    ("memory", "sqlite", "postgres"),
    _command,
    _missing,
    _server,
    drivers={"memory": "its own memory adapter", "sqlite": "node:sqlite", "postgres": "pg, pool of 10, jit off"},
    warm_up=10,  # V8 compiles for thousands of requests: a key set took 236 microseconds at first and 60 at last
)
