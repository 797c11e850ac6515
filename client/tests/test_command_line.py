"""The command `polar`: sign-in, lists, links, what is kept and where, exit codes, and webhooks on this machine."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
from tests.sdks.conftest import Shop
from tests.servers import Server, free_port
from tests.visitors import Visitor

from polar_client import Polar
from polar_client.command_line import commands, keeping, listening
from polar_client.webhooks import verify
from polar_server.database import Statement

CLIENT = Path(__file__).parent.parent
SECRET = "whsec_" + "a2V5" * 11
TOKEN = re.compile(r"polar_(at|rt|crt|ac)_\w+")
COUNT = Statement("SELECT COUNT(*) FROM access_tokens")

ONE_ENGINE = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
"""Commands do not meet the database, so one of them is enough."""


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Computer:
    """A person's computer: its folder, and its commands."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    variables: dict[str, str] = field(default_factory=dict)

    def polar(self, *arguments: str) -> Done:
        """Run a command to its end, in this process. No token is in what it prints."""
        code = commands.run(list(arguments))
        out, err = self.capsys.readouterr()
        assert not TOKEN.search(out + err)
        return Done(code, out, err)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command as a process of its own."""
        command = [sys.executable, "-m", "polar_client.command_line", *arguments]
        path = os.pathsep.join([str(CLIENT / "src"), self.variables.get("PYTHONPATH", "")])
        environment = {**os.environ, **self.variables, "POLAR_CONFIG_DIR": str(self.folder), "PYTHONPATH": path}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)

    def login(self, shop: Shop, *arguments: str) -> Done:
        """Sign in as the person of the shop, whose browser opens by itself."""

        def browse(url: str) -> None:
            chosen = shop.organization_id if "--organization" in arguments else ""
            with Visitor(shop.server) as visitor:
                callback = visitor.authorize(url, shop.person.email, organization_id=chosen).url
            threading.Thread(target=httpx.get, args=(callback,)).start()

        self.monkeypatch.setattr(webbrowser, "open", browse)
        return self.polar("login", "--server", shop.server.issuer, *arguments)

    def kept(self, server: Server) -> dict[str, Any]:
        """What the file keeps for a server."""
        found: dict[str, Any] = json.loads(json.loads((self.folder / "sign-ins.json").read_text())[server.issuer])
        return found

    def change(self, server: Server, **tokens: object) -> None:
        """Change what is kept."""
        kept = self.kept(server)
        kept["tokens"] |= tokens
        (self.folder / "sign-ins.json").write_text(json.dumps({server.issuer: json.dumps(kept)}))


@pytest.fixture
def computer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Computer:
    """A computer where nobody has signed in, without a keyring."""
    monkeypatch.setenv("POLAR_CONFIG_DIR", str(tmp_path / "polar"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv(listening.SECRET, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    return Computer(tmp_path / "polar", capsys, monkeypatch)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_alive(server: Server, token: str) -> bool:
    answer = httpx.get(f"{server.issuer}/v1/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


@ONE_ENGINE
def test_a_sign_in_from_its_address_to_its_end(computer: Computer, shop: Shop) -> None:
    """`login` prints an address; then `whoami` knows the person, and after `logout` the tokens are dead."""
    process = computer.start("login", "--server", shop.server.issuer, "--no-browser", "--json")
    assert process.stderr
    assert "with your browser" in process.stderr.readline()
    with Visitor(shop.server) as visitor:
        callback = visitor.authorize(process.stderr.readline().strip(), shop.person.email).url
    assert "You are signed in" in httpx.get(callback).text
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert not TOKEN.search(out + err)

    assert json.loads(out) == computer.polar("whoami", "--json").json
    assert json.loads(out)["sub"] == shop.person.id
    assert mode(computer.folder) == 0o700
    assert {mode(path) for path in computer.folder.iterdir()} == {0o600}
    shown = computer.polar("whoami").out
    assert f"{shop.person.name} <{shop.person.email}>" in shown
    assert "Lighthouse, owner" in shown
    token = computer.kept(shop.server)["tokens"]["access_token"]
    assert is_alive(shop.server, token)

    assert computer.polar("logout").code == 0
    assert not is_alive(shop.server, token)
    assert computer.polar("whoami").code == 3
    assert computer.polar("logout").err == "Error: Nobody is signed in. Run `polar login`.\n"


@ONE_ENGINE
def test_another_sign_in(computer: Computer, shop: Shop) -> None:
    """For an organization, with the same client; it ends the one before. A client that the server lost is made anew."""
    assert computer.login(shop).code == 0
    first = computer.kept(shop.server)
    done = computer.login(shop, "--organization", "--json")
    second = computer.kept(shop.server)
    assert (done.json["sub_type"], done.json["sub"]) == ("organization", shop.organization_id)
    assert first["client_id"] == second["client_id"]
    assert not is_alive(shop.server, first["tokens"]["access_token"])
    with Polar(base_url=shop.server.issuer) as anyone:
        token = second["registration_access_token"]
        anyone.oauth2.delete_client(second["client_id"], registration_access_token=token)
    assert computer.polar("whoami").code == 3
    assert computer.login(shop).code == 0
    assert computer.kept(shop.server)["client_id"] != second["client_id"]


@ONE_ENGINE
def test_a_person_who_says_no(computer: Computer, shop: Shop) -> None:
    """A denial is an error, and nothing is kept of it."""

    def deny(url: str) -> None:
        with Visitor(shop.server) as visitor:
            callback = visitor.authorize(url, shop.person.email, "deny").url
        threading.Thread(target=httpx.get, args=(callback,)).start()

    computer.monkeypatch.setattr(webbrowser, "open", deny)
    done = computer.polar("login", "--server", shop.server.issuer)
    assert (done.code, "access_denied" in done.err) == (1, True)
    assert computer.polar("whoami").code == 3


@ONE_ENGINE
def test_what_is_sold(computer: Computer, shop: Shop) -> None:
    """Products are made, shown, listed and archived; `--json` is what the API says, and tables fit 80 columns."""
    computer.login(shop)
    made = computer.polar("products", "create", "Night lamp [x]\x1b[2J", "--price-amount", "1000", "--json").json
    monthly = computer.polar(
        "products", "create", "L" * 64, "--price-amount", "75", "--every", "month", "--currency", "eur"
    )
    assert monthly.out.startswith("Created: LLL")
    assert "0.75 EUR a month" in monthly.out

    headers = {"Authorization": f"Bearer {computer.kept(shop.server)['tokens']['access_token']}"}
    api = httpx.get(f"{shop.server.issuer}/v1/products/{made['id']}", headers=headers).json()
    assert computer.polar("products", "get", made["id"], "--json").json == api
    table = computer.polar("products", "list").out
    assert max(map(len, table.splitlines())) <= 80
    assert made["id"] in table
    assert "10.00 USD" in table
    assert "[x]" in table
    assert "\x1b" not in table
    first = computer.polar("products", "list", "--limit", "1")
    assert "Page 1 of 2, 2 in all. `--page 2` shows more." in first.err
    second = computer.polar("products", "list", "--page", "2", "--limit", "1", "--json").json
    assert second["items"][0]["id"] not in first.out

    assert "archived  yes" in re.sub(r" +", "  ", computer.polar("products", "archive", made["id"]).out)
    assert computer.polar("products", "list", "--archived", "--json").json["pagination"]["total_count"] == 1
    refused = computer.polar("products", "create", "Lamp", "--price-amount=-1")
    assert (refused.code, "price_amount" in refused.err) == (1, True)
    assert computer.polar("products", "get", shop.organization_id).code == 1
    assert computer.polar("products", "get", "").code == 2


@ONE_ENGINE
def test_who_bought(computer: Computer, shop: Shop) -> None:
    """Customers, orders and subscriptions are listed, in 80 columns, and a checkout's link opens its page."""
    computer.login(shop)
    for name in ("customers", "orders", "subscriptions"):
        assert "There are no" in computer.polar(name, "list").out
    with Polar(shop.token(), base_url=shop.server.issuer) as polar:
        price: Any = [{"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}]
        news = polar.products.create(
            name="News", prices=price, recurring_interval="month", organization_id=shop.organization_id
        )
        address = f"{'a' * 40}@example.com"
        secret = polar.checkouts.create(products=[news.id]).client_secret
        polar.checkouts.client_update(secret, customer_email=address, customer_name="Ada")
        polar.checkouts.client_confirm(secret, confirmation_token_id="test_success")
    for name in ("customers", "orders", "subscriptions"):
        table, listed = computer.polar(name, "list").out, computer.polar(name, "list", "--json").json
        assert listed["pagination"]["total_count"] == 1
        assert listed["items"][0]["id"] in table
        assert max(map(len, table.splitlines())) <= 80
        assert "aaaa" in table
    done = computer.polar("checkouts", "create", news.id, "--email", address)
    link = re.search(r"link\s+(\S+)", done.out)
    assert link
    assert "10.00 USD" in done.out
    assert httpx.get(link[1]).status_code == 200


@ONE_ENGINE
def test_a_refresh_across_processes(computer: Computer, shop: Shop) -> None:
    """Of several commands that find the token expired, one refreshes it and the others wait; a dead one signs out."""
    computer.login(shop)
    old = computer.kept(shop.server)["tokens"]
    before = tokens_of(shop.server)
    computer.change(shop.server, expires_at=0, refresh_token="polar_rt_u_not_yet_there")
    with keeping.locked(computer.folder):
        running = [computer.start("whoami", "--json") for _ in range(2)]
        for process in running:
            wait_for_lock(process)
        computer.change(shop.server, refresh_token=old["refresh_token"])
    ended = [(process.communicate(timeout=30), process.returncode) for process in running]
    assert {code for _, code in ended} == {0}, ended
    assert tokens_of(shop.server) == before + 1
    fresh = computer.kept(shop.server)["tokens"]
    assert fresh["refresh_token"] != old["refresh_token"]
    assert fresh["expires_at"] > time.time() + 3000

    computer.change(shop.server, expires_at=0, refresh_token="polar_rt_u_gone")
    done = computer.polar("products", "list")
    assert (done.code, "Run `polar login`" in done.err) == (3, True)
    assert computer.kept(shop.server)["tokens"] is None


def wait_for_lock(process: "subprocess.Popen[str]") -> None:
    """Wait until the process has the file of the lock open, or has ended."""
    opened = Path(f"/proc/{process.pid}/fd")
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        # Files come and go while one looks.
        with suppress(FileNotFoundError):
            if any(file.readlink().name == "lock" for file in opened.iterdir()):
                return
        time.sleep(0.02)


def tokens_of(server: Server) -> int:
    """How many access tokens the server has given."""

    async def count(transaction: Any) -> int:
        row = await transaction.one(COUNT)
        return int(row[0])

    return server.write(count)


@ONE_ENGINE
@pytest.mark.parametrize("works", [True, False])
def test_the_keyring(computer: Computer, shop: Shop, works: bool) -> None:
    """With a keyring that works, no file holds tokens; with one that loses what it is given, the file does."""
    kept: dict[tuple[str, str], str] = {}

    class Keyring:
        get_password = staticmethod(lambda service, name: kept.get((service, name)))
        delete_password = staticmethod(lambda service, name: kept.pop((service, name)))

        @staticmethod
        def set_password(service: str, name: str, value: str) -> None:
            if works:
                kept[service, name] = value

    computer.monkeypatch.setitem(sys.modules, "keyring", Keyring)
    assert computer.login(shop).code == 0
    assert ("keyring" if works else "file") in computer.polar("whoami").out
    assert (computer.folder / "sign-ins.json").exists() is not works
    assert list(kept) == ([("polar-client", shop.server.issuer)] if works else [])
    assert all(len(value) < 1280 for value in kept.values())
    assert computer.polar("logout").code == 0
    assert computer.polar("whoami").code == 3
    if works:
        computer.monkeypatch.setitem(sys.modules, "keyring", None)
        assert "does not answer" in computer.polar("whoami").err


@pytest.mark.parametrize(
    "arguments,code,words",
    [
        (("nonsense",), 2, "polar --help"),
        (("products", "list", "--limit", "many"), 2, "--limit"),
        (("webhooks", "listen"), 2, "--forward"),
        (("webhooks", "listen", "--forward", "localhost:3000"), 1, "no address"),
        (("products", "list"), 3, "polar login"),
        (("login", "--server", "http://polar.example"), 1, "not encrypted"),
        (("login", "--server", "polar.example"), 1, "no address"),
        (("login", "--server", "http://localhost:70000"), 1, "no address"),
        (("login", "--server", "https://ada:secret@polar.example"), 1, "no address"),
        (("login", "--server", f"http://localhost:{free_port()}"), 1, "Check that the server runs"),
    ],
)
def test_what_goes_wrong(computer: Computer, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Wrong usage is 2, a failure 1, nobody signed in 3; each says what to do, in JSON when that was asked for."""
    done = computer.polar(*arguments)
    assert (done.code, words in done.err, done.out) == (code, True, ""), done
    assert words in json.loads(computer.polar(*arguments, "--json").err)["error"]


@pytest.fixture
def program() -> Iterator[tuple[str, Queue[tuple[dict[str, str], bytes]]]]:
    """The developer's program, which takes webhooks."""
    taken: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.put((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Taking) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/hook", taken
        http.shutdown()
        thread.join()


@ONE_ENGINE
def test_webhooks_on_this_machine(
    computer: Computer, shop: Shop, program: tuple[str, Queue[tuple[dict[str, str], bytes]]]
) -> None:
    """Events are shown and handed on as they were signed, nothing forged is, and at the end the endpoint is gone."""
    url, taken = program
    computer.login(shop, "--organization")
    computer.variables = {listening.SECRET: SECRET}
    events = ("product.created", "order.paid")
    process = computer.start("webhooks", "listen", "--forward", url, "--json", "--events", *events)
    assert process.stderr
    assert process.stdout
    assert url in process.stderr.readline()
    token = computer.kept(shop.server)["tokens"]["access_token"]
    with Polar(token, base_url=shop.server.issuer) as polar:
        (endpoint,) = polar.webhooks.list_endpoints().items
        assert endpoint.events == [*events]
        assert httpx.post(endpoint.url, content=b"{}").status_code == 400
        assert httpx.post(endpoint.url[:-1], content=b"{}").status_code == 404
        made = polar.products.create(name="Night lamp", prices=[{"amount_type": "free"}])
        headers, body = taken.get(timeout=20)
        assert verify(body, headers, SECRET).data["id"] == made.id
        shown = json.loads(process.stdout.readline())
        assert (shown["event"]["data"]["id"], shown["forwarded"]) == (made.id, "204")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "removed" in err
        assert not re.search(f"{TOKEN.pattern}|{SECRET}", out + err)
        assert taken.empty()
        assert polar.webhooks.list_endpoints().items == []


@ONE_ENGINE
def test_webhooks_of_a_server_that_does_not_deliver_here(computer: Computer, shop: Shop) -> None:
    """When the server refuses the address, as it does without the setting, the command says what is needed."""
    computer.login(shop, "--organization")
    receive = listening.Receiver.__init__

    def receive_inside(receiver: listening.Receiver) -> None:
        receive(receiver)
        receiver.url = "http://10.0.0.1/"

    computer.monkeypatch.setattr(listening.Receiver, "__init__", receive_inside)
    done = computer.polar("webhooks", "listen", "--forward", "http://localhost:3000/hook")
    assert (done.code, "POLAR_OUTBOUND_LOOPBACK=true" in done.err) == (1, True)


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """POLAR_CONFIG_DIR names it; else it is `polar` in the folder of the platform, which XDG_CONFIG_HOME may name."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("POLAR_CONFIG_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert keeping.folder() == tmp_path / ".config" / "polar"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert keeping.folder() == tmp_path / "xdg" / "polar"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keeping.folder() == tmp_path / "Library" / "Application Support" / "polar"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert keeping.folder() == tmp_path / "roaming" / "polar"
    monkeypatch.setenv("POLAR_CONFIG_DIR", str(tmp_path / "mine"))
    assert keeping.folder() == tmp_path / "mine"


def test_a_file_that_breaks_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When writing fails midway, what was kept is still whole, and nothing lies beside it."""
    store = keeping.FileStore(tmp_path / "sign-ins.json")
    store.put("a", b"1")

    def fail(number: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        store.put("a", b"2")
    assert store.get("a") == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["sign-ins.json"]
