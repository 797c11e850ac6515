"""A published SDK at work in a process of its own, spoken to in lines of JSON."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .environments import python_with

FOLDER = Path(__file__).parent


class Refused(Exception):
    """What the SDK raised: its class, the status, the body as the SDK read it, and seconds to wait if it says so."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.kind: str = error["kind"]
        self.status: int | None = error["status"]
        self.body: Any = error["body"]
        self.retry_after: int | None = error["retry_after"]

    def place(self) -> list[str | int]:
        """Where the first mistake of a 422 is."""
        place: list[str | int] = self.body["detail"][0]["loc"]
        return place


class Library:
    """The process of one generation of the SDK."""

    def __init__(self, generation: int) -> None:
        command = [python_with(f"sdk-{generation}"), FOLDER / f"driver_{generation}.py"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order: dict[str, Any]) -> Any:
        """The value that a call gives. Raises Refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["value"]

    def close(self) -> None:
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Sdk:
    """A client of the SDK: one version of the API, one token, perhaps narrowed to one organization."""

    library: Library
    version: str | None
    server: str
    token: str
    organization_id: str | None = None

    def narrowed(self, organization_id: str) -> "Sdk":
        """The same client, for one organization only."""
        return replace(self, organization_id=organization_id)

    def call(self, resource: str, do: str, body: dict[str, Any] | None = None, **arguments: Any) -> Any:
        """What a method gives, as JSON. Raises Refused."""
        client = {"version": self.version, "server": self.server, "token": self.token}
        method = {"resource": resource, "do": do, "arguments": arguments, "body": body}
        return self.library.ask({**client, "organization_id": self.organization_id, **method})
