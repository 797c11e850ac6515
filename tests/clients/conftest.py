"""What the tests of client libraries share: somebody to sign in, and the metadata that every client reads first."""

import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
import pytest
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.people import Person

with warnings.catch_warnings(record=True):
    # On import Authlib says that it would like the successor of httpx better.
    import_module("authlib.integrations.httpx_client")

REDIRECT_URI = "https://app.example.com/callback"


@pytest.fixture
def person(running_server: Server) -> Person:
    """Somebody with an account."""
    return running_server.person()


@pytest.fixture
def visitor(running_server: Server) -> Iterator[Visitor]:
    """Their browser."""
    with Visitor(running_server) as visitor:
        yield visitor


@pytest.fixture
def metadata(running_server: Server) -> Any:
    """The discovery document."""
    return httpx.get(f"{running_server.issuer}/.well-known/openid-configuration").json()
