"""A web server on the internet that webhooks may be sent to, with a certificate that the server under attack trusts."""

import contextlib
import datetime as dt
import os
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMES = ("receiver.example", "rebind.example", "flaky.example")
PATIENCE = 10
INSIDE = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came, and when it did on the monotonic clock."""

    path: str
    headers: Mapping[str, str]
    at: float


class Receiver:
    """Answers by path: `/302` leads inside, `/slow...` sends a byte a second, any other is thanked for."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "receiver.pem"
        self.got: list[Delivery] = []
        self.released: dict[str, threading.Event] = defaultdict(threading.Event)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._server.socket = _context(self.certificate).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in list(self.released):
            self.release(path)
        self._server.shutdown()
        self._server.server_close()

    @property
    def variables(self) -> dict[str, str]:
        """Variables that show this internet to a server."""
        path = os.pathsep.join([str(Path(__file__).parent / "internet"), os.environ.get("PYTHONPATH", "")])
        return {"PYTHONPATH": path, "SSL_CERT_FILE": str(self.certificate), "ATTACKS_RECEIVER": str(self.port)}

    def wait_for(self, path: str, count: int = 1) -> None:
        """Wait until so much came to a path."""
        deadline = time.monotonic() + PATIENCE
        while len(self.at(path)) < count:
            assert time.monotonic() < deadline, f"not enough came to {path}"
            time.sleep(0.02)

    def release(self, path: str) -> None:
        """Keep nobody waiting any more who comes or came to a path."""
        self.released[path].set()

    def at(self, path: str) -> list[Delivery]:
        """What came to a path."""
        return [delivery for delivery in self.got if delivery.path == path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server.receiver
        receiver.got.append(Delivery(self.path, {**self.headers}, time.monotonic()))
        if self.path.startswith("/slow") and not receiver.released[self.path].is_set():
            self._drip(receiver.released[self.path])
            return
        self.send_response(302 if self.path == "/302" else 200)
        if self.path == "/302":
            self.send_header("Location", INSIDE)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server has it
        """Say nothing."""

    def _drip(self, released: threading.Event) -> None:
        with contextlib.suppress(OSError):
            for byte in b"HTTP/1.1 200 OK\r\nX-Patience: none at all\r\n":
                self.wfile.write(bytes([byte]))
                if released.wait(1):
                    break
        self.close_connection = True


def _context(path: Path) -> ssl.SSLContext:
    """A server's context, with a new certificate for the names, which is left at the path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
