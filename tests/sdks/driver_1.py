"""Calls polar-sdk 1.x in its own environment: a call comes in as a line of JSON, its result goes out as one."""

import dataclasses
import importlib
import json
import sys
from functools import cache
from typing import Any


@cache
def client(version: str, token: str, server: str, organization_id: str | None) -> Any:
    """The library's client: one for each version of the API, which is a module."""
    module = importlib.import_module(f"polar.v{version}")
    return module.Polar(token, base_url=server, organization_id=organization_id)


def call(order: dict[str, Any]) -> Any:
    """The result of `polar.<resource>.<do>(**arguments, **body)`; `pages` walks through `iter_list`."""
    if order["do"] == "validate_event":
        return importlib.import_module(f"polar.v{order['version']}.webhooks").validate_event(
            **order["arguments"]["message"]
        )
    polar = client(order["version"], order["token"], order["server"], order["organization_id"])
    resource = getattr(polar, order["resource"])
    if order["do"] == "pages":
        return list(resource.iter_list(**order["arguments"]))
    return getattr(resource, order["do"])(**order["arguments"], **(order["body"] or {}))


def refusal(error: Exception) -> dict[str, Any]:
    """What a caller catches: the class, and what it carries."""
    return {
        "kind": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "body": getattr(error, "error", str(error)),
        "retry_after": getattr(error, "retry_after", None),
    }


def shown(value: Any) -> Any:
    """What JSON cannot say itself: the models of the library are dataclasses."""
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else str(value)  # type: ignore[arg-type]


def main() -> None:
    """Answer each line, until there are no more."""
    for line in sys.stdin:
        try:
            answer = {"value": call(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whatever the library raises is the result
            answer = {"error": refusal(error)}
        sys.stdout.write(json.dumps(answer, default=shown) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
