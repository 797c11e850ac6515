"""What holds for every page of the dashboard: who may see it, and that its forms are ours."""

from collections.abc import Iterator

import httpx
from litestar import HttpMethod
from litestar.routes import HTTPRoute
from tests.world import World

from .conftest import Desk

_NOBODYS = "00000000-0000-4000-8000-000000000000"


def _addresses(world: World, slug: str, method: HttpMethod) -> Iterator[str]:
    """Every address within an organization that answers this method, with an id of nothing."""
    for route in world.endpoints.framework.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/dashboard/{slug") and method in route.methods:
            names = [part.name for part in route.path_components if not isinstance(part, str)]
            path = route.path_format.replace("{slug}", slug)
            for name in names:
                path = path.replace("{" + name + "}", _NOBODYS)
            yield path


async def _statuses(client: httpx.AsyncClient, method: str, paths: Iterator[str]) -> dict[str, int]:
    return {path: (await client.request(method, path)).status_code for path in paths}


async def test_a_stranger_finds_nothing(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """Every page and form of another organization is a missing one; whoever is signed out is led to sign in."""
    theirs = stranger_desk.browser.http
    seen = await _statuses(theirs, "GET", _addresses(world, desk.slug, HttpMethod.GET))
    posted = await _statuses(theirs, "POST", _addresses(world, desk.slug, HttpMethod.POST))
    assert len(seen) >= 5
    assert len(posted) > 5
    assert {path: status for path, status in seen.items() if status != 404} == {}
    assert {path: status for path, status in posted.items() if status not in (403, 404)} == {}
    nobody = (await world.browser()).http
    seen = await _statuses(nobody, "GET", _addresses(world, desk.slug, HttpMethod.GET))
    posted = await _statuses(nobody, "POST", _addresses(world, desk.slug, HttpMethod.POST))
    assert set(seen.values()) == {303}
    assert set(posted.values()) == {303}


async def test_every_form_is_checked(world: World, desk: Desk) -> None:
    """A form without the token of our page is refused before anything else."""
    posted = await _statuses(desk.browser.http, "POST", _addresses(world, desk.slug, HttpMethod.POST))
    assert {path: status for path, status in posted.items() if status != 403} == {}


async def test_what_is_not_there_is_a_missing_page(world: World, desk: Desk) -> None:
    """An id of nothing is 404, and no page fails."""
    seen = await _statuses(desk.browser.http, "GET", _addresses(world, desk.slug, HttpMethod.GET))
    assert {path: status for path, status in seen.items() if _NOBODYS in path and status != 404} == {}
    assert {path: status for path, status in seen.items() if _NOBODYS not in path and status != 200} == {}
