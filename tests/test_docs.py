"""The documents say what the server does: their commands run, their tables are those of the source."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.sdks.conftest import Shop
from tests.servers import PASSWORD, serve

from polar_server import payments
from polar_server.oauth import scopes

ROOT = Path(__file__).parent.parent
SHELL_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_the_settings_page_is_that_of_the_source() -> None:
    """docs/settings.md has every setting with its present default and text."""
    check = [sys.executable, str(ROOT / "script" / "docs"), "--check"]
    assert subprocess.run(check, check=False, capture_output=True, text=True).stderr == ""


def test_the_readme_names_existing_settings_and_files() -> None:
    """No link of README leads nowhere, and no variable in it is unknown."""
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
    known = (ROOT / "docs" / "settings.md").read_text()
    for name in re.findall(r"POLAR_[A-Z_]+[A-Z]", text):
        assert name == "POLAR_CONFIG" or f"`{name}`" in known, name


def test_the_protocol_page_names_every_scope() -> None:
    """docs/protocol.md lists the catalogue: each name, or its resource."""
    text = (ROOT / "docs" / "protocol.md").read_text()
    for name in scopes.NAMES:
        assert f"`{name}`" in text or f"`{name.partition(':')[0]}`" in text, name


def test_the_flow_in_the_readme_works_as_written(tmp_path: Path) -> None:
    """The five commands run one after the other, with nothing but the browser's step done by a person."""
    first, _, rest = SHELL_BLOCK.findall((ROOT / "README.md").read_text())
    with serve(tmp_path / "data") as server:
        person = server.person("ada@example.com")
        here = first.replace("http://localhost:8000", server.issuer)
        printed = _run(here + "\nset > variables", tmp_path)
        code = _sign_in_and_allow(server.issuer, printed.strip().splitlines()[-1], person.email)
        variables = "field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' \"$1\"; }\n"
        variables += "".join(
            line + "\n"
            for line in (tmp_path / "variables").read_text().splitlines()
            if line.startswith(("server=", "client_id=", "verifier="))
        )
        claims = _run(f"{variables}code={code}\n{rest}", tmp_path)
    assert '"email":"ada@example.com"' in claims
    assert '"access_token"' in (tmp_path / "refreshed.json").read_text()
    assert claims.endswith("{}"), "the answer of the revocation"


def test_the_sale_in_the_guide_works_as_written(tmp_path: Path) -> None:
    """The commands of docs/checkout.md make a link, pay and find the order; its table of cards is the source's."""
    text = (ROOT / "docs" / "checkout.md").read_text()
    first, second = SHELL_BLOCK.findall(text)
    for number, card in payments.TEST_CARDS.items():
        groups = " ".join(number[place : place + 4] for place in range(0, 16, 4))
        assert f"| {groups} | `{card.token}` | {card.what_happens} |" in text
    with serve(tmp_path / "data") as server:
        person = server.person()
        shop = Shop(server, person, server.organization(person).id)
        here = first.replace("http://localhost:8000", server.issuer)
        here = here.replace("polar_at_o_...", shop.token(of_organization=True))
        url, *statuses = _run(f"{here}\n{second}", tmp_path).split()
        assert httpx.get(url).status_code == 303, "it was paid, and leads on"
    assert statuses == ["confirmed", "succeeded"]
    (order,) = json.loads((tmp_path / "orders.json").read_text())["items"]
    assert (order["status"], order["total_amount"]) == ("paid", 4900)


def _run(script: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-euc", script], check=False, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _sign_in_and_allow(issuer: str, address: str, email: str) -> str:
    with httpx.Client(base_url=issuer, follow_redirects=True) as browser:
        page = browser.get(address)
        page = browser.post(_action(page, "/sign-in"), data={**_hidden(page), "email": email, "password": PASSWORD})
        browser.follow_redirects = False
        page = browser.post(_action(page, "/oauth2/consent"), data={**_hidden(page), "action": "allow"})
    return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]


def _action(page: httpx.Response, start: str) -> str:
    found = re.search(rf'action="({start}[^"]*)"', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&")


def _hidden(page: httpx.Response) -> dict[str, str]:
    return {"csrf": re.findall(r'name="csrf" value="([^"]*)"', page.text)[-1]}


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda p: p.name)
def test_documents_link_to_what_exists(path: Path) -> None:
    """Every relative link of every document leads to a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name}: {target}"
