"""Start the servers, seed them, load them in interleaved rounds, and report what a request costs."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import clusters, operations, processes, report, rounds, servers
from bench.measuring import Run
from bench.operations import Plan
from bench.servers import Server, Source, Wanted
from polar_server.oauth.subjects import SubjectType

WARM_UP = 400
"""Requests of each operation before the first round."""
ENGINES = ("sqlite", "postgres")


def main() -> None:
    """Measure, print the table, and write JSON when a file is named."""
    options = _options()
    cores = processes.cores()
    title = f"{options.requests} requests, {options.connections} connections, {options.rounds} rounds; {cores}"
    with (
        tempfile.TemporaryDirectory(prefix="polar-bench-", dir=clusters.ON_DISK) as folder,
        rounds.generator(cores) as generator,
    ):
        run = Run(generator, cores, options.connections)
        with ExitStack() as stack:
            started = list(_started(stack, options, cores, Path(folder)))
            rounds.warm(run, started)
            measurements = list(rounds.measure(run, started))
    summaries = report.summarize(measurements)
    report.print_table(summaries, title)
    if options.json:
        conditions = {"title": title, "databases": {each.target.name: each.settings for each in started}}
        options.json.write_text(report.as_json(summaries, measurements, conditions))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--requests", type=int, default=3000, help="requests of each operation in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="both when left out")
    parser.add_argument("--operation", choices=operations.NAMES, action="append", help="all when left out")
    parser.add_argument("--sub-type", choices=[each.value for each in SubjectType], default="user")
    parser.add_argument("--products", type=int, default=10_000, help="products of all organizations together")
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has requirements/bench.txt")
    parser.add_argument("--against", type=Path, help="another checkout, measured beside this one in the same run")
    parser.add_argument("--json", type=Path, help="a file for everything that was measured")
    return parser.parse_args()


def _started(stack: ExitStack, options: argparse.Namespace, cores: processes.Cores, folder: Path) -> Iterator[Server]:
    names = options.operation or list(operations.NAMES)
    plan = Plan(WARM_UP, options.rounds, options.requests)
    wanted = Wanted(names, SubjectType(options.sub_type), plan, options.requests, options.products)
    yield stack.enter_context(servers.floor(wanted, cores, folder))
    for engine in options.engine or ENGINES:
        for source in _sources(options):
            ours = stack.enter_context(servers.ours(engine, source, wanted, cores, folder))
            yield ours
        if engine == "postgres" and operations.LIST_PRODUCTS in names:
            yield stack.enter_context(servers.peer(ours, options.peer_python, cores, folder))


def _sources(options: argparse.Namespace) -> list[Source]:
    this = Source("", Path(__file__).parent.parent)
    return [this] if options.against is None else [Source(report.AGAINST, options.against.resolve()), this]


if __name__ == "__main__":
    try:
        main()
    except servers.Missing as missing:
        sys.exit(str(missing))
