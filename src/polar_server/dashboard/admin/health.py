"""Whether everything that the server needs works, as far as the process that answers can tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polar_server.authorization_server.signing_keys import load_keys, signs_since
from polar_server.dashboard.admin.operation import Operation
from polar_server.database import Database, Row
from polar_server.oauth.keys import ALGORITHMS, SigningKey
from polar_server.oauth.server_keys import SealBroken
from polar_server.rate_limits import RateLimits
from polar_server.settings import Settings

LATE = 300
"""Seconds after which work that is due counts as overdue: a worker looks every few seconds."""
OLD_KEY = 180 * 86_400
"""Seconds after which a signing key should be replaced."""

QUEUES = {
    "subscriptions": "Subscriptions to renew",
    "checkouts": "Checkouts to end",
    "reviews": "Benefits to bring in line",
    "events": "Events to hand to endpoints",
    "endpoints": "Endpoints to send to",
}
"""What waits, by the names of `queries.list_queues`."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at. `ok` is None where there is something to know and nothing to repair."""

    name: str
    ok: bool | None
    detail: str


async def checks_of(operation: Operation, queues: Mapping[str, Row]) -> list[Check]:
    """All checks. That they can be read at all shows that the database answers."""
    server = operation.server
    return [
        Check("Database", True, f"{engine_of(server.database)} answers"),
        *await _keys(operation),
        _mail(server.settings, operation.mailer.waiting, operation.mailer.given_up),
        _limits(server.rate_limits),
        *_work(queues, operation.now),
    ]


def engine_of(database: Database) -> str:
    """The name of the engine, as it calls itself."""
    return "SQLite" if database.engine == "sqlite" else "PostgreSQL"


async def _keys(operation: Operation) -> list[Check]:
    server = operation.server
    try:
        found = await load_keys(server.database, server.server_keys, operation.now)
    except SealBroken:
        return [Check("Signing keys", False, "The server key that sealed them is missing in POLAR_SERVER_KEY")]
    return [_key(found, algorithm, operation.now) for algorithm in ALGORITHMS]


def _key(found: list[SigningKey], algorithm: str, now: int) -> Check:
    since = signs_since(found, algorithm, now)
    if since is None:
        return Check(f"{algorithm} key", False, "None signs. Rotate the keys")
    old = now - since > OLD_KEY
    days = (now - since) // 86_400
    told = f"Signs for {days} days" if days > 1 else "Signs since yesterday" if days else "Signs since today"
    return Check(f"{algorithm} key", not old, f"{told}. Rotate it" if old else told)


def _mail(settings: Settings, waiting: int, given_up: int) -> Check:
    to = "Goes to an SMTP server" if settings.smtp_url else "Goes into files of the data folder, to nobody"
    counts = {"waiting": waiting, "could not be sent": given_up}
    told = ", ".join(f"{count:,} {words}" for words, count in counts.items() if count)
    # What was given up may be one wrong address: a note, since nobody can set it right.
    detail = f"{to}. In this process: {told}" if told else to
    return Check("Mail", True if settings.smtp_url and not given_up else None, detail)


def _limits(limits: RateLimits) -> Check:
    if limits.shares is None:
        return Check("Rate limits", None, "Counted by each host for itself")
    return Check("Rate limits", limits.shares, "Shared" if limits.shares else "The store is down: each host counts")


def _work(queues: Mapping[str, Row], now: int) -> Iterable[Check]:
    for name, text in QUEUES.items():
        waiting, since = queues[name]["waiting"], queues[name]["since"]
        late = since is not None and now - since > LATE
        detail = f"{waiting:,} due" if waiting else "Nothing due"
        yield Check(text, not late, f"{detail}, the first for {(now - since) // 60} minutes" if late else detail)
