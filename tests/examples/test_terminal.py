"""examples/terminal: a program without pages of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.examples.programs import EXAMPLES, environment, register, tokens, without
from tests.sdks.conftest import Shop
from tests.servers import Server
from tests.visitors import Visitor

from polar_client import Polar
from polar_server.accounts.people import Person


@pytest.fixture(scope="module")
def made(server: Server) -> dict[str, str]:
    """The variables of a public client."""
    return register(server, "--public")


@pytest.fixture
def shop(server: Server, person: Person) -> Shop:
    """An organization that sells three things."""
    shop = Shop(server, person, server.organization(person).id)
    with Polar(shop.token(of_organization=True), base_url=server.issuer) as polar:
        polar.products.create(name="Night lamp", prices=[{"amount_type": "fixed", "price_amount": 950}])
        polar.products.create(name="Leaflet", prices=[{"amount_type": "free"}])
        polar.products.create(name="Donation", prices=[{"amount_type": "custom"}])
    return shop


@contextmanager
def started(made: dict[str, str], **variables: str) -> "Iterator[subprocess.Popen[str]]":
    """The program, running. Its browser is a command that opens nothing, and says so or not."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "terminal/app.py")],
        env=environment(**made, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def address(process: "subprocess.Popen[str]") -> str:
    """The address that it asks somebody to open."""
    assert process.stdout, "it is a pipe"
    return next(line.strip() for line in process.stdout if line.strip().startswith("http"))


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Its exit code, the rest of what it says, and its complaint."""
    assert process.stdout, "it is a pipe"
    assert process.stderr, "it is a pipe"
    output, errors = process.stdout.read(), process.stderr.read()
    return process.wait(30), output, errors


@pytest.mark.parametrize(
    "browser,said", [("/bin/true", "Your browser has opened it."), ("/bin/false", "There is no browser here.")]
)
def test_list_products(made: dict[str, str], shop: Shop, browser: str, said: str) -> None:
    """With a browser or without one, whoever opens the address reads what their organization sells."""
    with started(made, BROWSER=browser) as process, Visitor(shop.server) as visitor:
        url = address(process)
        answer = visitor.authorize(url, shop.person.email, organization_id=shop.organization_id)
        assert httpx.get(answer.url).status_code == 200
        code, output, errors = ended(process)
    assert (code, errors) == (0, "")
    assert said in output
    assert "    9.50 USD  Night lamp\n" in output
    assert "        free  Leaflet\n" in output
    assert "  you choose  Donation\n" in output
    assert tokens(shop.server, made["POLAR_CLIENT_ID"])[1] == 0, "it has revoked what it got"


def test_refused(made: dict[str, str], shop: Shop) -> None:
    """Who says no ends the program, which says so in one sentence."""
    with started(made, BROWSER="/bin/true") as process, Visitor(shop.server) as visitor:
        answer = visitor.authorize(address(process), shop.person.email, "deny")
        httpx.get(answer.url)
        code, _, errors = ended(process)
    assert code == 1
    assert errors == "It did not work: access_denied: The person did not allow it.\n"


def test_what_is_not_set() -> None:
    """Without its variables it says in one sentence which, and where they come from."""
    assert without("terminal").stderr == (
        "Set POLAR_ISSUER and POLAR_CLIENT_ID: `python examples/register.py --public` makes and prints them.\n"
    )
