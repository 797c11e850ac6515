"""Webhooks: what this server sends is verified, and nothing else is."""

import base64
import hmac
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest

from polar_client import Api
from polar_client.resources.products import Product
from polar_client.sending import Sync
from polar_client.webhooks import WebhookError, verify

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_800_000_000
BODY = b'{"type":"product.created","timestamp":"2027-01-15T08:00:00Z","data":{"id":"1"},"new":1}'


def signature(key: bytes, sent_at: int = NOW, body: bytes = BODY) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, f"msg_1.{sent_at}.".encode() + body, "sha256")).decode()


def headers(signed: str, sent_at: object = NOW) -> dict[str, str]:
    return {"Webhook-Id": "msg_1", "webhook-timestamp": str(sent_at), "WEBHOOK-SIGNATURE": signed}


@pytest.fixture
def arrived() -> Iterator[tuple[str, Queue[tuple[dict[str, str], bytes]]]]:
    """A receiver on this machine: its address, and what arrives there."""
    queue: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queue.put((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://localhost:{http.server_port}/hook", queue
        http.shutdown()
        thread.join()


def test_what_the_server_sends(polar: Api[Sync], arrived: tuple[str, Queue[tuple[dict[str, str], bytes]]]) -> None:
    """An event that the running server delivers is verified with the endpoint's secret, and is the thing itself."""
    url, queue = arrived
    endpoint = polar.webhooks.create_endpoint(url=url, format="raw", events=["product.created"])
    made = polar.products.create(name="Night lamp", prices=[{"amount_type": "free"}])
    received, body = queue.get(timeout=20)
    event = verify(body, received, endpoint.secret)
    assert event.type == "product.created"
    assert event.read(Product) == made
    assert event.id
    with pytest.raises(WebhookError):
        verify(body, received, polar.webhooks.reset_endpoint_secret(endpoint.id).secret)


@pytest.mark.parametrize("key", [SECRET.encode(), bytes(range(32))])
def test_both_keys_of_a_secret(key: bytes) -> None:
    """The secret signs as text or decoded; other signatures beside the right one do not matter."""
    event = verify(BODY, headers(f"v1,AAAA v2,x {signature(key)}"), SECRET, now=NOW)
    assert (event.id, event.type, event.data) == ("msg_1", "product.created", {"id": "1"})
    assert verify(BODY.decode(), headers(signature(key)), SECRET, now=NOW + 300).id == "msg_1"


@pytest.mark.parametrize(
    "given,body,now",
    [
        (headers(signature(b"another key")), BODY, NOW),
        (headers(signature(b"")), BODY, NOW),
        (headers(signature(SECRET.encode())), BODY + b" ", NOW),
        (headers(signature(SECRET.encode()).replace("v1", "v2")), BODY, NOW),
        (headers(signature(SECRET.encode())), BODY, NOW + 301),
        (headers(signature(SECRET.encode())), BODY, NOW - 301),
        (headers(signature(SECRET.encode()), NOW + 1), BODY, NOW),
        (headers(signature(SECRET.encode()), "now"), BODY, NOW),
        (headers(""), BODY, NOW),
        ({}, BODY, NOW),
        (headers("v1,\xff"), BODY, NOW),
        (headers(signature(SECRET.encode(), body=b"[]")), b"[]", NOW),
    ],
)
def test_what_is_not_trusted(given: dict[str, str], body: bytes, now: int) -> None:
    """Another key, body, time or version, no headers, or a body that is no event: a WebhookError."""
    with pytest.raises(WebhookError) as refused:
        verify(body, given, SECRET, now=now)
    assert SECRET not in str(refused.value)


def test_an_empty_secret() -> None:
    """Without a secret anybody could sign, so none is accepted."""
    with pytest.raises(ValueError, match="empty"):
        verify(BODY, headers(signature(b"")), "", now=NOW)
    with pytest.raises(WebhookError):
        verify(BODY, headers(signature(b"")), "whsec_", now=NOW)


def test_a_secret_of_ones_own() -> None:
    """A secret that somebody chose, and that is no base64, signs as text."""
    chosen = "a secret of at least thirty-two characters"
    assert verify(BODY, headers(signature(chosen.encode())), chosen, now=NOW).id == "msg_1"


def test_data_of_another_kind() -> None:
    """Data that is not what was asked for is a WebhookError that names the place."""
    event = verify(BODY, headers(signature(SECRET.encode())), SECRET, now=NOW)
    with pytest.raises(WebhookError, match="no Product"):
        event.read(Product)


def test_the_clock_is_that_of_the_machine() -> None:
    """Without `now`, the time is what it is."""
    sent_at = int(time.time())
    assert verify(BODY, headers(signature(SECRET.encode(), sent_at), sent_at), SECRET).id == "msg_1"
