"""examples/sign_in, run as its reader runs it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests import servers
from tests.servers import Server

from polar_server import demo
from polar_server.accounts.people import Person
from polar_server.demo_products import add_products

from . import chromium
from .steps import expect_heading, fill_in_sign_in

PROGRAM = Path(__file__).parents[2] / "examples/sign_in/app.py"


@dataclass(frozen=True)
class Example:
    """The application as a process."""

    address: str
    process: "subprocess.Popen[str]"

    def stop(self) -> str:
        """End it, and give all that it printed."""
        self.process.terminate()
        return self.process.communicate(timeout=15)[0]


Start = Callable[[int, Path], Example]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the application on a port, with the demo.json of a folder."""
    started = []

    def start(port: int, folder: Path) -> Example:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLAR_", "CLIENT_"))}
        variables = {**kept, "PORT": str(port), "POLAR_DATA_DIR": str(folder)}
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM)], env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return Example(f"http://localhost:{port}", process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def example(server: Server, start: Start, tmp_path: Path) -> Example:
    """The application with a client of its own."""
    port = servers.free_port()
    made = server.client(f"http://localhost:{port}/callback", token_endpoint_auth_method="client_secret_basic")
    remember(tmp_path, server.issuer, made.client_id, made.client_secret or "")
    return ready(start(port, tmp_path))


def remember(folder: Path, issuer: str, client_id: str, client_secret: str) -> None:
    """What `polar-server demo` leaves for it."""
    client = {"client_id": client_id, "client_secret": client_secret}
    (folder / demo.FILE).write_text(json.dumps({"issuer": issuer, "client": client}))


def ready(example: Example) -> Example:
    deadline = time.monotonic() + 30
    while example.process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(example.address)
        except httpx.TransportError:
            continue
        return example
    raise AssertionError(example.stop())


@pytest.fixture
def page(browser: Browser, server: Server, example: Example) -> Iterator[Page]:
    """Without JavaScript, which nothing here needs."""
    with chromium.opened(browser, server.issuer, example.address, java_script_enabled=False) as page:
        yield page


def sign_in(page: Page, example: Example, person: Person) -> None:
    page.goto(example.address)
    page.get_by_role("link", name="Sign in with Polar").click()
    fill_in_sign_in(page, person.email)
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, f"Hello, {person.name}")


def test_sign_in_refresh_and_out(page: Page, example: Example, person: Person) -> None:
    """The person is greeted, the token refreshed and, at the end, revoked; no token or code is shown or printed."""
    sign_in(page, example, person)
    token = page.get_by_role("region", name="The access token")
    expect(token).to_contain_text(f"user {person.id}")
    expect(page.get_by_role("region", name="Answer of the userinfo endpoint")).to_contain_text(person.email)
    hint = token.get_by_role("definition").first.inner_text()
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("status")).to_contain_text("Refreshed. The new access token works until")
    assert token.get_by_role("definition").first.inner_text() != hint
    assert len(hint) == len("polar_at_u_...abcd")
    page.get_by_role("button", name="Sign out").click()
    expect_heading(page, "Welcome")
    assert example.stop() == f"The demo app is at {example.address}\n"


def test_connect_an_organization(page: Page, server: Server, example: Example, person: Person) -> None:
    """A token for an organization shows it as subject, and the person as who allowed it."""
    organization = server.organization(person, "Paper Kite")
    page.goto(example.address)
    page.get_by_role("link", name="Connect an organization").click()
    fill_in_sign_in(page, person.email)
    page.get_by_text("Paper Kite").click()
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, "Connected to Paper Kite")
    token = page.get_by_role("region", name="The access token")
    expect(token).to_contain_text(f"organization {organization.id}")
    expect(token).to_contain_text(f"user {person.id}")


def test_sell_what_the_organization_sells(page: Page, server: Server, example: Example, person: Person) -> None:
    """The products of the demo are listed; one is paid on Polar's page, which sends the customer back."""
    organization = server.organization(person, "Kites of the demo")
    server.write(lambda tx: add_products(tx, "paper-kite", organization.id, int(time.time())))
    page.goto(example.address)
    page.get_by_role("link", name="Connect an organization").click()
    fill_in_sign_in(page, person.email)
    page.get_by_text("Kites of the demo").click()
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("button", name="Buy Kite editor").click()
    page.get_by_label("Email").fill("buyer@example.org")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_label("Expiry").fill("12/40")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay $49.00").click()
    expect_heading(page, "Thank you")
    assert page.url == f"{example.address}/thanks"


def test_denied(page: Page, server: Server, example: Example, person: Person) -> None:
    """Who denies is told that nothing was shared."""
    page.goto(f"{example.address}/sign-in")
    fill_in_sign_in(page, person.email)
    page.get_by_role("button", name="Deny").click()
    expect_heading(page, "You did not allow it")


def test_access_ended_at_polar(page: Page, server: Server, example: Example, person: Person) -> None:
    """Who ends the access at Polar is signed out here at the next page."""
    sign_in(page, example, person)
    page.goto(f"{server.issuer}/account/apps")
    page.get_by_role("button", name="End access").click()
    page.get_by_text("Access is ended.").wait_for()
    page.goto(example.address)
    expect_heading(page, "Access was ended")


@pytest.mark.parametrize("query", ["code=polar_ac_x&state=y", "code=polar_ac_x&state=y&iss=https://evil.example.com"])
def test_answer_of_somebody_else(page: Page, example: Example, query: str) -> None:
    """An answer that does not name Polar as its sender is not used (RFC 9207)."""
    page.goto(f"{example.address}/callback?{query}")
    expect_heading(page, "That was not Polar")


def test_answer_without_a_question(page: Page, server: Server, example: Example) -> None:
    """An answer to a request that this browser never made is refused with a way on."""
    page.goto(f"{example.address}/callback?code=polar_ac_x&state=y&iss={server.issuer}")
    expect_heading(page, "That took too long")


def test_server_not_running(start: Start, tmp_path: Path) -> None:
    """While Polar does not answer, the page says how to start it."""
    remember(tmp_path, f"http://localhost:{servers.free_port()}", "polar_ci_x", "polar_cs_x")
    answer = httpx.get(f"{ready(start(servers.free_port(), tmp_path)).address}/sign-in")
    assert answer.status_code == 502
    assert "Polar is not running" in answer.text
    assert "script/server" in answer.text


def test_without_credentials(start: Start, tmp_path: Path) -> None:
    """Without a client it ends with the command that makes one."""
    process = start(servers.free_port(), tmp_path).process
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Run `polar-server demo`" in output
