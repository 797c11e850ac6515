"""Organizations are apart: every route that runs is walked with a foreign id and a foreign token.

The routes come from the application and the bodies from the OpenAPI document, so a new resource is
walked from its first day.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.described import ISSUER, document_of
from tests.world import Api, World, api_of

from polar_server.resource_server.openapi import api_handlers
from polar_server.resource_server.openapi_operations import PATH_PARAMETER, is_public
from polar_server.settings import Settings

NOT_HERE = (403, 405)
"""What a route may answer for every id, when the caller's kind of token has no use for it."""


@dataclass
class Ours:
    """What one organization has: the last object made of each collection, by the collection's name."""

    api: Api
    described: dict[str, Any]
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def make(self, paths: list[str]) -> None:
        """One of everything that can be made from its example; what refers to others is tried again after them."""
        self.made["organizations"] = {"id": self.api.organization_id}
        for path in paths * 3:
            name = path.rstrip("/").rpartition("/")[2]
            if name not in self.made:
                response = await self.api.post(path, self.body(path, "post", new=True))
                if response.status_code == 201:
                    self.made[name] = response.json()

    def body(self, path: str, method: str, *, new: bool = False) -> Any:
        """The example of an operation, with our own ids where it refers to something."""
        operation = self.described["paths"][PATH_PARAMETER.sub(r"{\1}", path)][method]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = json.loads(json.dumps(content.get("example")))
        if isinstance(body, dict):
            for name, thing in self.made.items():
                for member in body.keys() & {name, f"{name.rstrip('s')}_id"}:
                    body[member] = [thing["id"]] if isinstance(body[member], list) else thing["id"]
            if new and "external_id" in json.dumps(self._schema(content)):
                body["external_id"] = "ours"
        return body

    def _schema(self, content: dict[str, Any]) -> Any:
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return self.described["components"]["schemas"].get(name, {}).get("properties", {})

    def path(self, template: str) -> str:
        """A path to something of ours, as far as there is something."""
        return self._filled(template, self._id)

    def missing(self, template: str) -> str:
        """A path to something that never was."""
        return self._filled(template, lambda _, __: str(uuid4()))

    def _filled(self, template: str, value: Any) -> str:
        path = ""
        for segment in template.strip("/").split("/"):
            found = PATH_PARAMETER.fullmatch(segment)
            path += "/" + (value(found[1], path.strip("/").split("/")[1:]) if found else segment)
        return path

    def _id(self, name: str, before: list[str]) -> str:
        thing = next((self.made[collection] for collection in reversed(before) if collection in self.made), {})
        return str(thing.get(name) or thing.get("id") or uuid4())

    def marks(self) -> set[str]:
        """What nobody else may ever see."""
        return {str(self.api.organization_id), *(thing["id"] for thing in self.made.values())}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Without a worker, so that nothing changes but by the calls of a test."""
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data", worker=False)


@pytest.fixture
async def ours(world: World, api: Api) -> Ours:
    """An organization with one of everything."""
    found = Ours(api, document_of(world.endpoints.framework))
    await found.make([path for path, method, _ in _routes(world) if method == "POST" and "{" not in path])
    assert {"products", "customers"} <= set(found.made), "the examples of these are enough to make one"
    return found


def _routes(world: World) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for path, method, handler in api_handlers(world.endpoints.framework):
        if not is_public(handler):
            yield path, method, handler


async def _state(ours: Ours, world: World) -> dict[str, Any]:
    """Everything of ours as we see it."""
    reads = [path for path, method, _ in _routes(world) if method == "GET"]
    return {path: (await ours.api.get(ours.path(path))).text for path in reads}


def _same(response: httpx.Response, other: httpx.Response) -> bool:
    """The same answer, but for the ids that the request named."""
    texts = [re.sub(r"[0-9a-f-]{36}", "ID", each.text) for each in (response, other)]
    return response.status_code == other.status_code and texts[0] == texts[1]


@pytest.mark.parametrize("sub_type", ["organization", "user"])
async def test_foreign_ids_look_like_missing_ids(world: World, ours: Ours, sub_type: str) -> None:
    """Every route with an id: 404 with the very same answer as for an id that never was, and nothing changes."""
    foreign = await api_of(world, "foreign@example.com", "foreign", sub_type=sub_type)
    before, walked = await _state(ours, world), 0
    for path, method, _ in _routes(world):
        if "{" not in path:
            continue
        body = ours.body(path, method.lower())
        response = await foreign.call(method, ours.path(path), body)
        missing = await foreign.call(method, ours.missing(path), body)
        where = f"{method} {path}: {response.status_code} {response.text[:200]}"
        assert response.status_code == 404 or response.status_code in NOT_HERE, where
        assert _same(response, missing), f"{where} but {missing.status_code} {missing.text[:200]} for a missing id"
        assert not {mark for mark in ours.marks() if mark in response.text and mark not in ours.path(path)}, where
        walked += 1
    assert walked >= 8
    assert await _state(ours, world) == before


@pytest.mark.parametrize("sub_type", ["organization", "user"])
async def test_lists_hold_nothing_foreign(world: World, ours: Ours, sub_type: str) -> None:
    """Every list and export, plain or asked for our organization and ids: nothing of ours is in it."""
    foreign = await api_of(world, "foreign@example.com", "foreign", sub_type=sub_type)
    ids = "&".join(f"id={thing['id']}" for thing in ours.made.values())
    queries = ("", f"?organization_id={ours.api.organization_id}", f"?{ids}")
    for path, method, _ in _routes(world):
        if method != "GET" or "{" in path:
            continue
        for query in queries:
            response = await foreign.get(f"{path}{query}")
            assert response.status_code < 500
            assert not {mark for mark in ours.marks() if mark in response.text}, f"{path}{query} shows ours"
        narrowed = await foreign.call("GET", path, **{"Polar-Organization": str(ours.api.organization_id)})
        assert not {mark for mark in ours.marks() if mark in narrowed.text}, f"{path} shows ours when narrowed"


async def test_nothing_is_made_in_a_foreign_organization(world: World, ours: Ours) -> None:
    """A person's token that names our organization, or refers to what is ours, makes nothing there."""
    foreign = await api_of(world, "foreign@example.com", "foreign", sub_type="user")
    before = await _state(ours, world)
    for path, method, _ in _routes(world):
        if method != "POST" or "{" in path or path == "/v1/organizations":
            continue
        body = ours.body(path, "post")
        body = {**body, "organization_id": ours.api.organization_id} if isinstance(body, dict) else body
        response = await foreign.post(path, body)
        assert 400 <= response.status_code < 500, f"{path}: {response.status_code} {response.text[:200]}"
    assert await _state(ours, world) == before


async def test_no_route_answers_without_a_token(world: World, ours: Ours) -> None:
    """401 for nobody, everywhere, whatever the id."""
    for path, method, _ in _routes(world):
        response = await world.http.request(method, ours.path(path))
        assert response.status_code == 401, f"{method} {path}"


async def test_every_write_needs_more_than_reading(world: World, ours: Ours) -> None:
    """A token with one unrelated scope is refused by every route that does not name it (RFC 6750 §3.1)."""
    for scope in ("metrics:read", "openid"):
        narrow = await api_of(world, f"{scope[:3]}@example.com", f"narrow-{scope[:3]}", scope=scope)
        for path, method, handler in _routes(world):
            if scope in handler.opt["scopes"]:
                continue
            response = await narrow.call(method, ours.path(path), ours.body(path, method.lower()))
            assert response.status_code == 403, f"{method} {path}"
            assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
