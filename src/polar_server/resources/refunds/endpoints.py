"""`/v1/refunds/`."""

from typing import Any

routes: list[Any] = []
