"""The operations and their requests, as the bytes that travel."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.seeding import REDIRECT_URI, Code, SeededClient, Seeder
from polar_server.oauth import metadata

LIST_PRODUCTS = "list products"
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
)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to ask for. Single-use requests are enough for every round; others are sent again in each."""

    name: str
    status: int
    requests: list[bytes]
    single_use: bool = False

    def slice(self, start: int, count: int) -> list[bytes]:
        """`count` requests, from place `start` of all that the run sends."""
        if self.single_use:
            return self.requests[start : start + count]
        return [self.requests[place % len(self.requests)] for place in range(count)]


def prepare(seeder: Seeder, names: Sequence[str], total: int, each: int, products: int = 0) -> list[Operation]:
    """Seed the database and build the requests: `total` of each single-use operation, `each` of the others."""
    seeder.people()
    es256, rs256 = seeder.client("ES256"), seeder.client("RS256")
    makers = {
        "exchange ES256": lambda: _exchange(es256, seeder.codes(es256, total)),
        "exchange RS256": lambda: _exchange(rs256, seeder.codes(rs256, total)),
        "refresh": lambda: _refresh(es256, seeder.refresh_tokens(es256, total)),
        "introspect": lambda: _about(metadata.INTROSPECT, es256, seeder.access_tokens(es256, each)),
        "userinfo": lambda: [_get(metadata.USERINFO, token) for token in seeder.access_tokens(es256, each)],
        "revoke": lambda: _about(metadata.REVOKE, es256, seeder.access_tokens(es256, total)),
        "discovery": lambda: [_get("/.well-known/openid-configuration")],
        "jwks": lambda: [_get(metadata.JWKS)],
        "failed authentication": lambda: [_failed(es256)],
        LIST_PRODUCTS: lambda: _list_products(seeder, es256, each, products),
    }
    single_use = ("exchange ES256", "exchange RS256", "refresh", "revoke")
    statuses = {"failed authentication": 401}
    return [Operation(name, statuses.get(name, 200), makers[name](), name in single_use) for name in names]


def hello(name: str) -> Operation:
    """A form post as large as a code exchange, for the floor beside the operation of this name."""
    client = SeededClient("polar_ci_" + "0" * 43, "polar_cs_" + "0" * 43)
    return Operation(name, 200, _exchange(client, [Code("polar_ac_" + "0" * 43, "0" * 43)]))


def _exchange(client: SeededClient, codes: list[Code]) -> list[bytes]:
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
    return _exchange(wrong, [Code("polar_ac_" + "0" * 43, "0" * 43)])[0]


def _post(path: str, client: SeededClient, **form: str) -> bytes:
    pair = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    body = urlencode(form).encode()
    head = _head("POST", path, f"Authorization: Basic {pair}")
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def _list_products(seeder: Seeder, client: SeededClient, count: int, products: int) -> list[bytes]:
    seeder.products(products)
    return [_get(_PRODUCTS, token) for token in seeder.sellers_tokens(client, count)]


def _get(path: str, token: str | None = None) -> bytes:
    authorization = [] if token is None else [f"Authorization: Bearer {token}"]
    return _head("GET", path, *authorization).encode() + b"\r\n"


def _head(method: str, path: str, *headers: str) -> str:
    """What a usual client library sends."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: */*", "Accept-Encoding: gzip, deflate"]
    return "\r\n".join([*lines, "Connection: keep-alive", "User-Agent: polar-bench", *headers, ""])
