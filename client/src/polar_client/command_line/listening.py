"""`webhooks listen`: events from a server on this machine, shown, and handed on to a program.

A server delivers to public addresses. One that runs on this machine, with POLAR_OUTBOUND_LOOPBACK=true, also delivers
to this machine, so here an endpoint is made for as long as the command runs.
"""

import os
import secrets
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Annotated, Any, cast

import httpx
import msgspec
from cyclopts import App, Parameter
from msgspec import UNSET

from polar_client.command_line.addresses import is_local, program_at
from polar_client.command_line.calling import Caller, calling
from polar_client.command_line.output import Refused, Running, advise, say, say_json
from polar_client.errors import PolarError, ValidationError
from polar_client.resources.webhooks import WebhookEndpoint
from polar_client.webhooks import WebhookError, WebhookEvent, verify

webhooks = App(name="webhooks", help="Events as they happen.")

SECRET = "POLAR_WEBHOOK_SECRET"  # noqa: S105  the name of a variable
PASSED_ON = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature")
LARGEST = 10_000_000
"""Bytes that an event may have."""
PATIENCE = 8.0
"""Seconds that the program may take. The server itself waits for ten."""
DEFAULT_EVENTS = tuple(
    f"{thing}.{happening}"
    for thing, happenings in {
        "product": ("created", "updated"),
        "customer": ("created", "updated", "deleted"),
        "checkout": ("created", "updated", "expired"),
        "order": ("created", "updated", "paid", "refunded"),
        "refund": ("created", "updated"),
        "subscription": (
            *("created", "updated", "active", "canceled", "uncanceled", "cycled", "revoked", "past_due"),
            *("paused", "resumed"),
        ),
        "benefit_grant": ("created", "cycled", "updated", "revoked"),
    }.items()
    for happening in happenings
)
NEEDS = (
    "The server delivers webhooks to public addresses only, and this machine has none. Use a server on this machine "
    "that was started with POLAR_OUTBOUND_LOOPBACK=true, or create an endpoint with a public address."
)


@webhooks.command
def listen(
    *,
    forward: str,
    events: Annotated[tuple[str, ...] | None, Parameter(negative="", consume_multiple=True)] = None,
    organization_id: str | None = None,
) -> Running:
    """Show events of a server on this machine as they happen, and send them on, until Ctrl-C.

    The server has to run with POLAR_OUTBOUND_LOOPBACK=true. Your program verifies the events with the secret in
    POLAR_WEBHOOK_SECRET: set that for both, to a text like whsec_ and 32 random bytes in base64.

    Parameters
    ----------
    forward
        Where your program takes webhooks, like http://localhost:3000/webhooks.
    events
        The types of events; left out, those of all that is sold, from products to benefit grants.
    organization_id
        Whose events, when you are signed in for several organizations.
    """
    return Running(partial(_listen, program_at(forward), events or DEFAULT_EVENTS, organization_id))


@dataclass(frozen=True, slots=True)
class Relay:
    """Verifies what arrives, prints it and sends it on."""

    secret: str
    forward: str
    client: httpx.Client
    as_json: bool

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status to answer with: that of the program, so that the server tries again when the program failed."""
        try:
            event = verify(body, headers, self.secret)
        except WebhookError as error:
            advise(f"Something that the server did not sign arrived, and was not sent on. {error}")
            return HTTPStatus.BAD_REQUEST
        status, outcome = self._sent_on(body, headers)
        self._tell(event, body, outcome)
        return status

    def _sent_on(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        kept = {name: headers[name] for name in PASSED_ON if name in headers}
        try:
            status = self.client.post(self.forward, content=body, headers=kept).status_code
        except httpx.TransportError as error:
            return HTTPStatus.BAD_GATEWAY, f"not taken: {type(error).__name__}"
        return status, str(status)

    def _tell(self, event: WebhookEvent, body: bytes, outcome: str) -> None:
        if self.as_json:
            say_json({"id": event.id, "forwarded": outcome, "event": msgspec.json.decode(body)})
        else:
            say(f"{event.timestamp:%H:%M:%S}  {event.type}  {event.data.get('id', '')}  {outcome}")


class Receiver(HTTPServer):
    """Takes deliveries on a free port of this machine, one after another, at a path that nobody else knows."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.path = f"/{secrets.token_urlsafe(16)}"
        self.url = f"http://127.0.0.1:{self.server_port}{self.path}"
        self.relay: Relay

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whatever else connects to this port may break off as it likes."""


class _Receiving(BaseHTTPRequestHandler):
    timeout = 5  # a connection that says nothing must not hold up the others

    def do_POST(self) -> None:
        """Take one delivery."""
        receiver = cast(Receiver, self.server)
        length = self.headers.get("content-length", "")
        if self.path != receiver.path:
            self._answer(HTTPStatus.NOT_FOUND)
        elif not length.isdecimal() or int(length) > LARGEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length else HTTPStatus.LENGTH_REQUIRED)
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(receiver.relay.take(self.rfile.read(int(length)), headers))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the path is a secret of this run."""


def _listen(forward: str, events: Sequence[str], organization_id: str | None, as_json: bool) -> None:
    with calling() as caller, Receiver() as receiver, httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        if not is_local(caller.server):
            raise Refused(NEEDS)
        with _stopped_by_signals(), _endpoint(caller, receiver.url, events, organization_id) as endpoint:
            receiver.relay = Relay(endpoint.secret, forward, client, as_json)
            advise(f"Events of {caller.server} go to {forward}. Stop it with Ctrl-C.")
            if not os.environ.get(SECRET):
                advise(f"Set {SECRET} here and for your program, so that it can verify them.")
            receiver.serve_forever()


@contextmanager
def _endpoint(
    caller: Caller, url: str, events: Sequence[str], organization_id: str | None
) -> Generator[WebhookEndpoint]:
    """An endpoint that is there as long as the block runs."""
    body = {
        "url": url,
        "format": "raw",
        "events": list(events),
        "name": "polar webhooks listen",
        "secret": os.environ.get(SECRET) or UNSET,
        "organization_id": organization_id or UNSET,
    }
    try:
        made = msgspec.convert(caller.send("POST", "/v1/webhooks/endpoints", body=body), WebhookEndpoint)
    except ValidationError as error:
        if any(issue.loc[-1:] == ["url"] for issue in error.issues):
            raise Refused(NEEDS) from None
        raise
    try:
        yield made
    finally:
        _remove(caller, made.id)


def _remove(caller: Caller, endpoint_id: str) -> None:
    try:
        caller.delete("/v1/webhooks/endpoints/{endpoint_id}", endpoint_id)
    except PolarError as error:
        raise Refused(f"The temporary endpoint {endpoint_id} is still there: {error}. Delete it yourself.") from None
    advise("The temporary endpoint is removed.")


@contextmanager
def _stopped_by_signals() -> Generator[None]:
    """End the block with SIGINT or SIGTERM, which is how this command ends when all is well."""
    stopping = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in stopping]
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        for number, handler in zip(stopping, before, strict=True):
            signal.signal(number, handler)
