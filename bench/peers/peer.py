"""What the harness has to know about a peer."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import processes

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that others would run, on each of its stores: memory, sqlite or postgres.

    `command` starts it on a port. `seed` is a command to run before, with the name of the seed's file as its last
    argument; a peer without one fills its store by itself. `missing` says what is not installed. `drivers` and `server`
    are settings to print. `warm_up` is how many times as much as others it is warmed up before it is measured.
    """

    name: str
    stores: tuple[str, ...]
    command: Callable[[int], list[str]]
    missing: Callable[[], str | None]
    server: Callable[[], str]
    drivers: Mapping[str, str]
    seed: tuple[str, ...] = ()
    warm_up: int = 1


def lacking(*modules: str) -> str | None:
    """Says which modules are needed, when one of them cannot be imported."""
    if processes.says([sys.executable, "-c", f"import {', '.join(modules)}"]) is not None:
        return None
    return f"{sys.executable} lacks one of {', '.join(modules)}, which requirements/bench.txt has"
