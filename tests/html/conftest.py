"""Pages as the server has them, with every template folder of the packages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from litestar import Request
from litestar.testing import RequestFactory

import polar_server
from polar_server.html import Pages
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

SOURCE = Path(polar_server.__file__).parent
FOLDERS = {name: SOURCE / name / "templates" for name in ("accounts", "authorization_server")}
BROWSER = "b" * 43


@pytest.fixture(scope="session")
def server_keys() -> ServerKeys:
    return ServerKeys([bytes(range(32))])


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(issuer="https://id.example.com")


@pytest.fixture(scope="session")
def pages(settings: Settings, server_keys: ServerKeys) -> Pages:
    return Pages(FOLDERS, settings, server_keys)


@pytest.fixture
def request_with() -> Callable[..., Request[Any, Any, Any]]:
    """A request with headers and the browser cookie, unless `browser` says otherwise."""

    def make(
        path: str = "/", browser: str | None = BROWSER, body: str | None = None, **headers: str
    ) -> Request[Any, Any, Any]:
        if browser:
            headers["cookie"] = f"__Host-polar_browser={browser}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        plain_path, _, query = path.partition("?")
        factory = RequestFactory(server="id.example.com")
        request = (
            factory.post(plain_path, headers=headers) if body is not None else factory.get(plain_path, headers=headers)
        )
        request.scope["query_string"] = query.encode()
        request._body = (body or "").encode()
        return request

    return make
