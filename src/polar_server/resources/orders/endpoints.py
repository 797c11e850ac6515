"""`/v1/orders/`."""

from typing import Any

routes: list[Any] = []
