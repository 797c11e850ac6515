"""README.md says what works: its code runs, block after block, as a reader would run it."""

import threading
import webbrowser
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.guides.reader import Reader
from tests.sdks.conftest import Shop
from tests.visitors import Visitor

import polar_client

README = Path(__file__).parent.parent / "README.md"


def open_and_allow(shop: Shop) -> Any:
    """The person's browser: signs in, chooses the organization, allows, and goes back to the program."""

    def browse(url: str) -> None:
        with Visitor(shop.server) as visitor:
            callback = visitor.authorize(url, shop.person.email, organization_id=shop.organization_id).url
        threading.Thread(target=httpx.get, args=(callback,)).start()

    return browse


def test_the_readme_runs(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From registration to webhooks every block does what the text around it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", open_and_allow(shop))
    made = shop.server.client("http://localhost:8001/callback", token_endpoint_auth_method="client_secret_post")
    real = {"polar_ci_...": made.client_id, "polar_cs_...": made.client_secret or ""}
    with Reader(tmp_path, shop.server.issuer, lambda placeholder, _: real[placeholder]) as reader:
        reader.follow(README)
    _sign_in_to(reader.names, shop)
    assert reader.names["receive"](b"{}", {}, "whsec_x") == 400


def _sign_in_to(names: dict[str, Any], shop: Shop) -> None:
    with Visitor(shop.server) as visitor:
        web = names["app"].test_client()
        assert "Sign in" in web.get("/").text
        callback = visitor.authorize(web.get("/sign-in").headers["location"], shop.person.email).url
        assert web.get(callback.removeprefix("http://localhost:8001")).status_code == 302
        assert web.get("/").text == f"Hello {shop.person.name}"
    names["polar_app"].close()


@pytest.mark.parametrize("name", polar_client.__all__)
def test_what_is_public_is_described(name: str) -> None:
    """Everything that the package offers has a docstring, and the README names every exception."""
    found = getattr(polar_client, name)
    assert found.__doc__
    if isinstance(found, type) and issubclass(found, polar_client.PolarError):
        assert name in README.read_text() or name in ("ApiError", "UnexpectedAnswer")
