"""The counters in the text format of Prometheus."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.registry import Collector

from polar_server.telemetry.counters import Telemetry

__all__ = ["CONTENT_TYPE", "writer"]


def writer(telemetry: Telemetry) -> Callable[[], bytes]:
    """What writes the counters as they are at each moment."""
    registry = CollectorRegistry()
    registry.register(_Counters(telemetry))
    return lambda: generate_latest(registry)


class _Counters(Collector):
    """The sums of this moment."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterator[CounterMetricFamily]:
        for counter, sums in self._telemetry.totals():
            family = CounterMetricFamily(counter.name, counter.text, labels=[counter.label] if counter.label else [])
            for value, total in sums:
                family.add_metric([value] if counter.label else [], total)
            yield family
