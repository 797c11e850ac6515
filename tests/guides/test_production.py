"""docs/production.md, followed from top to bottom: real PostgreSQL, real proxies with TLS, real mail server and store.

What is looked at besides what the guide itself shows stands in `LOOKS`: what to look at after which block.
"""

import asyncio
import base64
import hashlib
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import redis
from tests.mail.conftest import SmtpServer
from tests.rate_limits.test_stores import start as start_store
from tests.servers import free_port
from tests.visitors import Visitor

from .blocks import blocks
from .machine import HOST, Machine
from .reader import ROOT

GUIDE = ROOT / "docs" / "production.md"
CALLBACK = "https://www.example.com/callback"
SOON_OVER = {"authorization_codes", "mail_links", "email_changes", "invitations"}
"""Tables whose rows last a week at most, so that nobody has to wait for them before a server key is taken away."""
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def test_the_guide_works_as_written(tmp_path: Path, postgres_url: str) -> None:
    """Set up, proxied, backed up, restored, its keys rotated, spread out, upgraded, and once more on SQLite."""
    with mail_server() as smtp, store(tmp_path) as limits:
        places = {
            "smtps://user:password@mail.example.com:465": smtp,
            "redis://valkey.internal:6379/0": limits,
            "--workers 2": "--workers 1",  # the server starts seven times here; other tests run it with several
        }
        with Machine(tmp_path / "machine", postgres_url, places) as machine:
            operator, looked = Operator(machine, limits), list[str]()
            for block in blocks(GUIDE):
                machine.do(block)
                for word, look in LOOKS.items():
                    if block.runs and word in block.text:
                        look(operator)
                        looked.append(word)
    assert looked == list(LOOKS), "each once, in the order of the page"


class Operator:
    """Who follows the guide, and looks at more than it shows."""

    def __init__(self, machine: Machine, limits: str) -> None:
        self.machine = machine
        self.limits = limits
        self.token = ""

    def at_nginx(self) -> None:
        """No visitor gets new tries by a header of their own, and no query reaches the log."""
        self._wait()
        with self._https() as https:
            statuses = [self._register(https, number).status_code for number in range(21)]
            assert statuses == [201] * 20 + [429]
            https.get("/sign-in?code=polar_ac_secret")
            https.get("/checkout/polar_c_00000000000secret")
            assert https.get("/").headers["strict-transport-security"]
        log = (self.machine.root / "var/log/nginx/polar-server.log").read_text()
        assert "/checkout/polar_c_00000000000 " in log
        assert "secret" not in log
        plain = httpx.get(f"http://127.0.0.1:{self.machine.ports['80']}/a?b=c", headers={"Host": HOST})
        assert (plain.status_code, plain.headers["location"]) == (308, f"https://{HOST}/a?b=c")

    def at_caddy(self) -> None:
        """The same visitor is known behind the other proxy, whatever the header says."""
        root = self.machine.root / ".local/share/caddy/pki/authorities/local/root.crt"
        _until(root.exists)
        self.machine.trust(root)
        self._wait(f"https://{HOST}")
        with self._https() as https:
            assert self._register(https, 22).status_code == 429

    def with_a_person(self) -> None:
        """The person signs in with the password from the pipe, over TLS, and the app gets a token."""
        self.client_id, self.client_secret = re.findall(r"polar_c[is]_\w+", self.machine.printed)
        self.token = self._sign_in()
        assert self._userinfo() == 200

    def after_restoring(self) -> None:
        """What was signed in when the dump was taken is ended; passwords and clients are as they were."""
        self._wait()
        assert self._userinfo() == 401
        self.token = self._sign_in()

    def after_a_new_server_key(self) -> None:
        """What the old key made still works, and what is new is made by the new one."""
        self._wait()
        assert self._userinfo() == 200
        assert self._sign_in()

    def at_the_list_of_keys(self) -> None:
        """The list tells the two keys apart, and knows every table that keeps the id of a key."""
        kept = re.findall(r"^ (\w{8}) \| ([a-z ]+?) +\|", self.machine.printed, re.MULTILINE)
        assert len({key_id for key_id, _ in kept}) == 2
        assert len([key_id for key_id, what in kept if what == "refresh tokens"]) == 2
        columns = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND "
        columns += "(column_name = 'key_id' OR column_name LIKE '%sealed%')"
        tables = set(self.machine.run(f'psql polar --tuples-only --no-align --command="{columns}"').split())
        assert [table for table in tables - SOON_OVER if f"FROM {table}" not in GUIDE.read_text()] == []

    def on_several_hosts(self) -> None:
        """A call is counted in the store that the hosts share."""
        self._wait()
        assert self._userinfo() == 200
        assert redis.Redis.from_url(self.limits).keys("polar:limit:*")

    def with_a_worker(self) -> None:
        """The worker runs beside the server."""
        log = self.machine.root / "run/polar-worker.log"
        _until(lambda: "Webhooks are being delivered" in log.read_text())

    def _wait(self, address: str = "http://127.0.0.1:8000") -> None:
        self.machine.run(f"curl -fsS --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null {address}/")

    def _https(self) -> httpx.Client:
        transport = ThroughProxy(self.machine.certificate, self.machine.ports["443"])
        return httpx.Client(base_url=f"https://{HOST}", transport=transport)

    def _register(self, https: httpx.Client, number: int) -> httpx.Response:
        body = {"client_name": "App", "redirect_uris": [CALLBACK]}
        return https.post("/v1/oauth2/register", json=body, headers={"X-Forwarded-For": f"203.0.113.{number}"})

    def _userinfo(self) -> int:
        with self._https() as https:
            return https.get("/v1/oauth2/userinfo", headers={"Authorization": f"Bearer {self.token}"}).status_code

    def _sign_in(self) -> str:
        """An access token for the app, by way of the pages."""
        asked = {"response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK, "scope": "openid"}
        asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        nowhere: Any = SimpleNamespace(issuer=f"https://{HOST}")
        with Visitor(nowhere) as visitor:
            visitor.client = self._https()
            visitor.open("/oauth2/authorize?" + urlencode(asked))
            password = (self.machine.root / "password.txt").read_text().strip()
            answer = visitor.submit("/sign-in", email="you@example.com", password=password)
            answer = answer or visitor.submit("/oauth2/consent", action="allow")
            assert answer, visitor.page.text
            form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(answer.url).query)["code"][0]}
            form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
            token: str = visitor.client.post("/v1/oauth2/token", data=form).json()["access_token"]
        return token


LOOKS = {
    "reload nginx": Operator.at_nginx,
    "reload caddy": Operator.at_caddy,
    "user create": Operator.with_a_person,
    "a backup was restored": Operator.after_restoring,
    '"s/^server_key': Operator.after_a_new_server_key,
    "'refresh tokens'": Operator.at_the_list_of_keys,
    "rate_limit_url": Operator.on_several_hosts,
    "enable --now polar-worker": Operator.with_a_worker,
}


class ThroughProxy(httpx.HTTPTransport):
    """Finds our host at a port of this machine, as the name system would, and checks its certificate by its name."""

    def __init__(self, certificate: Path, port: int) -> None:
        super().__init__(verify=ssl.create_default_context(cafile=certificate))
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1", port=self._port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": HOST},
        )
        return super().handle_request(here)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def mail_server() -> Iterator[str]:
    """The URL of a mail server that takes everything."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(SmtpServer().talk, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """The URL of a Valkey or Redis."""
    port = free_port()
    process = start_store(port, folder)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()
