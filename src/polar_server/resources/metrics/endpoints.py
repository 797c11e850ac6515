"""`/v1/metrics/`."""

from typing import Any

routes: list[Any] = []
