"""What happens here, counted: for Prometheus, and never by person, client or organization."""

from polar_server.telemetry.counters import Telemetry
from polar_server.telemetry.exposition import metrics_endpoints

__all__ = ["Telemetry", "metrics_endpoints"]
