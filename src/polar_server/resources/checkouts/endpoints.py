"""`/v1/checkouts/`."""

from typing import Any

routes: list[Any] = []
