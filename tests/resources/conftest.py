"""The fixtures of a whole application in the test's own process, and of tokens that call its API."""

from typing import Any

import httpx
import pytest
from tests.described import check
from tests.world import Api, World, api, made_keys, settings, stranger, world

__all__ = ["api", "made_keys", "settings", "stranger", "world"]


@pytest.fixture(autouse=True)
def described_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer that a test of a resource gets is one that /openapi.json describes."""
    if "world" not in request.fixturenames:
        return
    made: World = request.getfixturevalue("world")
    call = Api.call

    async def call_and_check(self: Api, *args: Any, **kwargs: Any) -> httpx.Response:
        response = await call(self, *args, **kwargs)
        check(made.endpoints.framework, response)
        return response

    monkeypatch.setattr(Api, "call", call_and_check)
