"""Calls whose answers stay as the API gave them, so that `--json` prints nothing less and nothing else."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from polar_client.calls import Call, sent
from polar_client.clients import client_options
from polar_client.command_line.sign_ins import SignIn, current
from polar_client.operations import Resource
from polar_client.sending import LIMITS, Sync, proxy_for


class Caller(Resource[Sync]):
    """Calls a server with the tokens of a sign-in."""

    def __init__(self, sign_in: SignIn) -> None:
        transport = httpx.HTTPTransport(limits=LIMITS, proxy=proxy_for(sign_in.server))
        super().__init__(Sync(transport, sign_in.access_token), client_options(sign_in.server, 30.0, 2))
        self.server = sign_in.server

    def get(self, path: str, *values: str, **query: object) -> Any:
        """What is there. Members of the query that are None are left out."""
        return self.carry_out(Call("GET", path, Any, values, query=query))

    def send(self, method: str, path: str, *values: str, body: Mapping[str, Any]) -> Any:
        """What the server answers to a body. Members that are UNSET are left out."""
        return self.carry_out(Call(method, path, Any, values, body=sent(body)))

    def delete(self, path: str, *values: str) -> None:
        """Delete what is there."""
        self.carry_out(Call("DELETE", path, None, values))

    def close(self) -> None:
        """Close the connections."""
        self._way.close()


@contextmanager
def calling() -> Generator[Caller]:
    """A caller with the current sign-in, for the length of a command. Raises SignInRequired."""
    caller = Caller(current())
    try:
        yield caller
    finally:
        caller.close()
