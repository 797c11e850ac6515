"""`/v1/benefit-grants/`."""

from typing import Any

routes: list[Any] = []
