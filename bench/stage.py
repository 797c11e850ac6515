"""Where the limits are measured: one run's generator, cores and folder, and the servers that are started in it."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import clusters, findings, processes, rounds, servers
from bench.findings import Finding
from bench.measuring import Run
from bench.processes import Cores
from bench.scales import SCALES, Scale
from bench.servers import Server, Source, Wanted

ENGINES = ("sqlite", "postgres")
_FOLDER = Path(__file__).parents[1]
OUTPUT = _FOLDER / "build/bench"


@dataclass(frozen=True, slots=True)
class Stage:
    """`output` takes what stays after the run, such as pictures."""

    run: Run
    scale: Scale
    folder: Path
    output: Path

    @property
    def cores(self) -> Cores:
        return self.run.cores

    def server(self, engine: str, name: str, wanted: Wanted) -> AbstractContextManager[Server]:
        """Ours on a database of its own; its target is called by engine and name."""
        return servers.ours(engine, Source(f" {name}", _FOLDER), wanted, self.cores, self.folder)


Part = Callable[[Stage, str], Iterator[Finding]]
"""Measures something on one engine."""


@contextmanager
def opened(scale: Scale, output: Path, connections: int = 16) -> Iterator[Stage]:
    """A stage on a disk, with the load generator on its core."""
    cores = processes.cores()
    output.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="polar-bench-", dir=clusters.ON_DISK) as folder,
        rounds.generator(cores) as generator,
    ):
        yield Stage(Run(generator, cores, connections), scale, Path(folder), output)


def main(parts: Mapping[str, Part], description: str | None, program: str) -> None:
    """Measure the parts on both engines, print the findings, and keep them as JSON."""
    options = _options(parts, description, program)
    title = f"{options.scale} run, {options.connections} connections; {processes.cores()}"
    with opened(SCALES[options.scale], options.output, options.connections) as stage:
        found = list(_measured(stage, parts, options.part or list(parts), options.engine or ENGINES))
    findings.print_table(found, title)
    file = options.output / f"{program.rpartition('.')[2]}.json"
    file.write_text(findings.as_json(found, {"title": title}))
    say(f"wrote {file}")


def say(text: str) -> None:
    """Where the run is: it takes a while."""
    print(text, file=sys.stderr, flush=True)


def _options(parts: Mapping[str, Part], description: str | None, program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--scale", choices=SCALES, default="short", help="tiny shows that it runs; long takes an hour")
    parser.add_argument("--part", choices=list(parts), action="append", help="all when left out; can be repeated")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="both when left out")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of JSON and pictures")
    return parser.parse_args()


def _measured(
    stage: Stage, parts: Mapping[str, Part], chosen: Sequence[str], engines: Sequence[str]
) -> Iterator[Finding]:
    for name in chosen:
        for engine in engines:
            say(f"{name} on {engine}")
            yield from parts[name](stage, engine)
