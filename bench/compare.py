"""Measure ours beside its peers, print what was found, and leave it as JSON and a chart. `script/bench` runs this."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from bench import chart, checking, clusters, comparison, document, operations, processes, rounds, servers
from bench.comparison import Result
from bench.measuring import Measurement, Run
from bench.operations import LIST_PRODUCTS, Plan
from bench.peers import starting
from bench.processes import Cores
from bench.servers import PEER, Missing, Server, Source, Wanted
from polar_server.oauth.subjects import SubjectType

_OURS_ALONE = ("failed authentication", operations.CONFIRM_ONCE, operations.CONFIRM_SUBSCRIPTION)
OPERATIONS = [name for name in operations.NAMES if name not in _OURS_ALONE]
PEERS = [*(each.name for each in starting.PEERS), PEER]
_PRODUCTS = 10_000
_FOLDER = Path(__file__).parents[1]


def main() -> None:
    """Start everybody, check everybody's answers, measure in interleaved rounds, report."""
    options = _options()
    cores = processes.cores()
    title = f"{options.requests} requests, {options.connections} connections, {options.rounds} rounds; {cores}"
    title += "; a quick run" if options.quick else ""
    left_out: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="polar-bench-", dir=clusters.ON_DISK) as folder,
        rounds.generator(cores) as generator,
    ):
        run = Run(generator, cores, options.connections)
        with ExitStack() as stack:
            started = list(_started(stack, options, cores, Path(folder), left_out))
            _check(started)
            measured = list(_measured(run, started, options))
    result = Result(title, measured, {each.target.name: each.settings for each in started}, left_out)
    comparison.print_result(result)
    _write(result, options.output)
    if options.document:
        _document(result, _FOLDER / "docs")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few requests: to see that it runs, not to believe it")
    parser.add_argument("--peer", choices=PEERS, action="append", help="all when left out; can be repeated")
    parser.add_argument("--operation", choices=OPERATIONS, action="append", help="all when left out; can be repeated")
    parser.add_argument("--requests", type=int, help="requests of each operation in a round (1000; 100 when quick)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--output", type=Path, default=_FOLDER / "build/bench", help="the folder of JSON and chart")
    parser.add_argument("--document", action="store_true", help="put figures and chart into docs/, too")
    options = parser.parse_args()
    options.requests = options.requests or (100 if options.quick else 1000)
    options.warm_up = 100 if options.quick else 400
    return options


def _started(
    stack: ExitStack, options: argparse.Namespace, cores: Cores, folder: Path, left_out: list[str]
) -> Iterator[Server]:
    """The floor, ours on both engines, and the peers."""
    asked = options.operation or OPERATIONS
    plan = Plan(options.warm_up, options.rounds, options.requests)
    wanted = Wanted(asked, SubjectType.USER, plan, options.requests, _PRODUCTS)
    yield stack.enter_context(servers.floor(wanted, cores, folder))
    for engine in ("sqlite", "postgres"):
        _say(f"starting polar-server on {engine}")
        ours = stack.enter_context(servers.ours(engine, Source("", _FOLDER), wanted, cores, folder))
        yield ours
    for peer in _peers(options.peer or PEERS, ours, wanted, cores, folder):
        yield from _entered(stack, peer, left_out)


def _peers(
    chosen: Sequence[str], ours: Server, wanted: Wanted, cores: Cores, folder: Path
) -> Iterator[AbstractContextManager[Server]]:
    """Those that were chosen and have something to do. The list of products is a peer of its own."""
    if PEER in chosen and LIST_PRODUCTS in wanted.names:
        yield servers.peer(ours, sys.executable, cores, folder)
    theirs = replace(wanted, names=[name for name in wanted.names if name != LIST_PRODUCTS])
    for peer in starting.PEERS:
        if peer.name in chosen and theirs.names:
            _say(f"starting {peer.name}")
            yield from (starting.started(peer, store, theirs, cores, folder) for store in peer.stores)


def _entered(stack: ExitStack, peer: AbstractContextManager[Server], left_out: list[str]) -> Iterator[Server]:
    """The peer, or nothing and a reason when it is not installed."""
    try:
        yield stack.enter_context(peer)
    except Missing as missing:
        if str(missing) not in left_out:
            left_out.append(str(missing))


def _check(started: Sequence[Server]) -> None:
    """Nobody is measured before everybody answers rightly; the floor answers nothing of it."""
    _say("checking every answer")
    for server in started[1:]:
        for name in server.operations:
            checking.check(server, name)


def _measured(run: Run, started: Sequence[Server], options: argparse.Namespace) -> Iterator[Measurement]:
    """Says where it is: a run takes a while."""
    _say("warming up")
    rounds.warm(run, started)
    before = None
    for each in rounds.measure(run, started):
        if (each.round, each.operation) != before:
            _say(f"round {each.round + 1} of {options.rounds}: {each.operation}")
            before = each.round, each.operation
        yield each


def _write(result: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    figures, picture = folder / "results.json", folder / "chart.svg"
    figures.write_text(comparison.as_json(result))
    picture.write_text(chart.draw(result))
    _say(f"wrote {figures} and {picture}")


def _document(result: Result, docs: Path) -> None:
    page, picture = docs / "performance.md", docs / document.PICTURE
    page.write_text(document.placed(page.read_text(), document.render(result)))
    picture.write_text(chart.draw(result))
    _say(f"wrote {page} and {picture}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except checking.Wrong as wrong:
        sys.exit(str(wrong))
