"""The operations and their requests, as the bytes that travel."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlencode

from bench.seeding import REDIRECT_URI, Code, SeededClient, Seeder
from polar_server.oauth import metadata

LIST_PRODUCTS = "list products"
CONFIRM_ONCE, CONFIRM_SUBSCRIPTION = "confirm once", "confirm subscription"
DISCOVERY = "/.well-known/openid-configuration"
_PRODUCTS = "/v1/products/?limit=20"

NAMES = (
    "exchange ES256",
    "exchange RS256",
    "refresh",
    "introspect",
    "userinfo",
    "revoke",
    "discovery",
    "jwks",
    "failed authentication",
    LIST_PRODUCTS,
    CONFIRM_ONCE,
    CONFIRM_SUBSCRIPTION,
)


Requests = Callable[[SeededClient], list[bytes]]
"""Makes the requests of an operation that only some servers answer."""
_SINGLE_USE = ("exchange ES256", "exchange RS256", "refresh", "revoke", CONFIRM_ONCE, CONFIRM_SUBSCRIPTION)
_STATUSES = {"failed authentication": 401}


class Seeding(Protocol):
    """What a server must be given before it can be asked."""

    def people(self) -> None: ...

    def client(self, id_token_alg: str) -> SeededClient: ...

    def codes(self, client: SeededClient, count: int) -> list[Code]: ...

    def access_tokens(self, client: SeededClient, count: int) -> list[str]: ...

    def refresh_tokens(self, client: SeededClient, count: int) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to ask for. Single-use requests are enough for every round; others are sent again in each.

    `client_id` is the client that asks, where one does.
    """

    name: str
    status: int
    requests: list[bytes]
    single_use: bool = False
    client_id: str = ""

    def slice(self, start: int, count: int) -> list[bytes]:
        """`count` requests, from place `start` of all that the run sends."""
        if self.single_use:
            return self.requests[start : start + count]
        return [self.requests[place % len(self.requests)] for place in range(count)]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often a server is asked for each operation.

    After a `warm_up`, `rounds` of `count` requests are measured. Each round begins with `lead` requests that are not:
    what a server had given up in the pause, such as connections or compiled code, is there again.
    """

    warm_up: int
    rounds: int
    count: int
    lead: int = 32

    @property
    def total(self) -> int:
        """All of them, and a last one that is only checked."""
        return self.warm_up + self.rounds * (self.lead + self.count) + 1

    def warmer(self, times: int) -> "Plan":
        """The same for a server that needs so many times as much before it is measured."""
        return replace(self, warm_up=self.warm_up * times, lead=self.lead * times)

    def round(self, asked: Operation, number: int) -> tuple[list[bytes], list[bytes]]:
        """A round's requests before the measurement, and those that are measured."""
        start = self.warm_up + number * (self.lead + self.count)
        return asked.slice(start, self.lead), asked.slice(start + self.lead, self.count)


def prepare(
    seeder: Seeding, names: Sequence[str], total: int, each: int, more: Mapping[str, Requests] | None = None
) -> list[Operation]:
    """Seed the database and build the requests: `total` of each single-use operation, `each` of the others."""
    seeder.people()
    clients = {alg: seeder.client(alg) for alg in ("ES256", "RS256")}
    makers: dict[str, Requests] = {
        "exchange ES256": lambda client: exchange(client, seeder.codes(client, total)),
        "exchange RS256": lambda client: exchange(client, seeder.codes(client, total)),
        "refresh": lambda client: _refresh(client, seeder.refresh_tokens(client, total)),
        "introspect": lambda client: _about(metadata.INTROSPECT, client, seeder.access_tokens(client, each)),
        "userinfo": lambda client: [get(metadata.USERINFO, token) for token in seeder.access_tokens(client, each)],
        "revoke": lambda client: _about(metadata.REVOKE, client, seeder.access_tokens(client, total)),
        "discovery": lambda _: [get(DISCOVERY)],
        "jwks": lambda _: [get(metadata.JWKS)],
        "failed authentication": lambda client: [_failed(client)],
        **(more or {}),
    }
    return [_operation(name, makers[name], clients["RS256" if name.endswith("RS256") else "ES256"]) for name in names]


def _operation(name: str, make: Requests, client: SeededClient) -> Operation:
    return Operation(name, _STATUSES.get(name, 200), make(client), name in _SINGLE_USE, client.client_id)


def list_products(seeder: Seeder, products: int, count: int) -> Requests:
    """A list of products for each of `count` tokens, out of a catalogue of so many."""

    def make(client: SeededClient) -> list[bytes]:
        seeder.products(products)
        return [get(_PRODUCTS, token) for token in seeder.sellers_tokens(client, count)]

    return make


def confirm(seeder: Seeder, count: int, *, renews: bool) -> Requests:
    """`count` checkouts, each paid by a customer who was not there before, with the test card that always pays."""

    def make(_: SeededClient) -> list[bytes]:
        secrets = seeder.checkouts(count, renews=renews)
        return [_confirmation(secret, f"{secret[-12:].lower()}@example.org") for secret in secrets]

    return make


def _confirmation(secret: str, email: str) -> bytes:
    buyer = {"customer_name": "Ada Example", "customer_email": email, "customer_billing_address": {"country": "US"}}
    body = json.dumps({**buyer, "confirmation_token_id": "test_success"}).encode()
    head = _head("POST", f"/v1/checkouts/client/{secret}/confirm", "Content-Type: application/json")
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def hello(name: str) -> Operation:
    """A form post as large as a code exchange, for the floor beside the operation of this name."""
    client = SeededClient("polar_ci_" + "0" * 43, "polar_cs_" + "0" * 43)
    return Operation(name, 200, exchange(client, [Code("polar_ac_" + "0" * 43, "0" * 43)]))


def exchange(client: SeededClient, codes: list[Code]) -> list[bytes]:
    """Each code for its tokens."""
    return [
        _post(
            metadata.TOKEN,
            client,
            grant_type="authorization_code",
            code=each.code,
            redirect_uri=REDIRECT_URI,
            code_verifier=each.verifier,
        )
        for each in codes
    ]


def _refresh(client: SeededClient, tokens: list[str]) -> list[bytes]:
    return [_post(metadata.TOKEN, client, grant_type="refresh_token", refresh_token=token) for token in tokens]


def _about(path: str, client: SeededClient, tokens: list[str]) -> list[bytes]:
    return [_post(path, client, token=token, token_type_hint="access_token") for token in tokens]


def _failed(client: SeededClient) -> bytes:
    wrong = SeededClient(client.client_id, "polar_cs_" + "0" * 43)
    return exchange(wrong, [Code("polar_ac_" + "0" * 43, "0" * 43)])[0]


def _post(path: str, client: SeededClient, **form: str) -> bytes:
    pair = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    body = urlencode(form).encode()
    head = _head("POST", path, f"Authorization: Basic {pair}")
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def get(path: str, token: str | None = None) -> bytes:
    """The request for something to read, with a bearer token where one is needed."""
    authorization = [] if token is None else [f"Authorization: Bearer {token}"]
    return _head("GET", path, *authorization).encode() + b"\r\n"


def _head(method: str, path: str, *headers: str) -> str:
    """What a usual client library sends."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: */*", "Accept-Encoding: gzip, deflate"]
    return "\r\n".join([*lines, "Connection: keep-alive", "User-Agent: polar-bench", *headers, ""])
