"""The counters: what is counted, under which names."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from polar_server.telemetry.counts import Counts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter by its name for Prometheus, without `_total`; one for each value of its label if it has one."""

    name: str
    text: str
    label: str = ""
    values: tuple[str, ...] = ("",)


COUNTERS = (
    Counter(
        "polar_http_requests", "Requests answered, by class of status.", "status", ("1xx", "2xx", "3xx", "4xx", "5xx")
    ),
    Counter("polar_webhook_deliveries", "Attempts to deliver an event.", "outcome", ("succeeded", "failed")),
    Counter("polar_rate_limit_store_errors", "Calls that could not be counted in the shared store of rate limits."),
)
_CELLS = [(counter.name, value) for counter in COUNTERS for value in counter.values]
_DELIVERED, _FAILED = (_CELLS.index(("polar_webhook_deliveries", outcome)) for outcome in ("succeeded", "failed"))
_STORE_ERROR = _CELLS.index(("polar_rate_limit_store_errors", ""))
# Another set of counters is another file: after an upgrade nothing is counted under a wrong name.
_FILE = hashlib.blake2b(repr(_CELLS).encode(), digest_size=8).hexdigest()


class Telemetry:
    """Counts for all processes that share a folder; before it is opened, for this one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts = Counts(None, len(_CELLS))

    def open(self) -> None:
        """Add to what the other processes of this host count."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._counts = Counts(self._folder / _FILE, len(_CELLS))
        except OSError as error:
            log.warning("metrics_per_worker", reason=f"{self._folder} cannot be used: {error.strerror}")

    def close(self) -> None:
        """Let go of the file; what is still counted is this process's own."""
        self._counts.close()
        self._counts = Counts(None, len(_CELLS))

    def count_request(self, status: int) -> None:
        """A request was answered with this status."""
        self._counts.add(status // 100 - 1)

    def count_delivery(self, succeeded: bool) -> None:
        """A webhook was tried."""
        self._counts.add(_DELIVERED if succeeded else _FAILED)

    def count_store_error(self) -> None:
        """The shared store of rate limits did not answer."""
        self._counts.add(_STORE_ERROR)

    def totals(self) -> Iterator[tuple[Counter, list[tuple[str, int]]]]:
        """Each counter with the sums of its values."""
        sums = dict(zip(_CELLS, self._counts.totals(), strict=True))
        for counter in COUNTERS:
            yield counter, [(value, sums[counter.name, value]) for value in counter.values]
