"""`/v1/subscriptions/`."""

from typing import Any

routes: list[Any] = []
