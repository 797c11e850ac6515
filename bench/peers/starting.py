"""The peers, each started on a store of its own that holds what it will be asked for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench import operations, processes
from bench.clusters import DATABASES, Cluster
from bench.measuring import Target
from bench.peers.authlib_fastapi.start import PEER as AUTHLIB_FASTAPI
from bench.peers.authlib_flask.start import PEER as AUTHLIB_FLASK
from bench.peers.oidc_provider.start import PEER as OIDC_PROVIDER
from bench.peers.peer import ROOT, Peer
from bench.peers.seeding import PeerSeeder
from bench.processes import Cores
from bench.servers import Missing, Server, Wanted

PEERS = (OIDC_PROVIDER, AUTHLIB_FLASK, AUTHLIB_FASTAPI)


@contextmanager
def started(peer: Peer, store: str, wanted: Wanted, cores: Cores, folder: Path) -> Iterator[Server]:
    """A peer that runs until the block ends. Raises Missing."""
    if (reason := peer.missing()) is not None:
        raise Missing(f"{peer.name}: {reason}")
    wanted = replace(wanted, plan=wanted.plan.warmer(peer.warm_up))
    port, name = processes.free_port(), f"{peer.name} {store}"
    folder = folder / name.replace(" ", "-")
    folder.mkdir()
    with ExitStack() as stack:
        cluster = stack.enter_context(DATABASES[store](folder)) if store in DATABASES else None
        seeder, seed = PeerSeeder(), folder / "seed.json"
        prepared = operations.prepare(seeder, wanted.names, wanted.plan.total, wanted.each)
        seed.write_text(seeder.as_json())
        environment = _environment(store, cluster, port, seed)
        if peer.seed:
            processes.run([*peer.seed, str(seed)], environment)
        command, log = peer.command(port), folder / "log"
        pid = stack.enter_context(processes.running(command, environment, port, cores.server, log))
        target = Target(name, port, pid, cluster.pid if cluster else None)
        asked = {each.name: each for each in prepared}
        yield Server(target, asked, wanted.plan, cluster, settings=_settings(peer, store, cluster))


def _environment(store: str, cluster: Cluster | None, port: int, seed: Path) -> dict[str, str]:
    url = cluster.url if cluster else ""
    return {
        "PEER_PORT": str(port),
        "PEER_ISSUER": f"http://localhost:{port}",
        "PEER_STORE": store,
        "PEER_DATABASE": url.removeprefix("sqlite:///"),
        "PEER_DATABASE_URL": url,
        "PEER_SEED": str(seed),
        "AUTHLIB_INSECURE_TRANSPORT": "1",
        "NODE_ENV": "production",
        "PYTHONPATH": str(ROOT),
    }


def _settings(peer: Peer, store: str, cluster: Cluster | None) -> dict[str, str]:
    durability = cluster.settings if cluster else {"durability": "none, everything is lost at a restart"}
    return {"server": peer.server(), "driver": peer.drivers[store], **durability}
