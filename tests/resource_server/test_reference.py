"""The pages of /docs: every operation, without scripts, under the pages' own headers."""

import re

from tests.described import document_of
from tests.world import World

from polar_server.html import SECURITY_HEADERS


async def test_the_pages_show_every_operation(world: World) -> None:
    """From the first page to each resource's: its path, its scopes, a line for a shell; every link leads somewhere."""
    described = document_of(world.endpoints.framework)
    front = await world.http.get("/docs")
    assert front.status_code == 200
    for name in {
        op["tags"][0] for place in described["paths"].values() for k, op in place.items() if k != "parameters"
    }:
        page = await world.http.get(f"/docs/{name}")
        assert page.status_code == 200
        ids = set(re.findall(r'id="([^"]+)"', page.text))
        assert set(re.findall(r'href="#([^"]+)"', page.text)) <= ids, "every link on the page leads somewhere"
        assert set(re.findall(rf'href="/docs/{name}#([^"]+)"', front.text)) <= ids
    products = (await world.http.get("/docs/products")).text
    assert "<code>POST /v1/products</code>" in products
    assert "with the scope <code>products:write</code>" in products
    oauth = (await world.http.get("/docs/oauth2")).text
    assert "-u &#34;$CLIENT_ID:$CLIENT_SECRET&#34; -d grant_type=authorization_code" in oauth
    assert "curl -H &#34;Authorization: Bearer $TOKEN&#34; --json" in products


async def test_the_pages_are_as_strict_as_all_others(world: World) -> None:
    """The content security policy of every page, nothing from elsewhere, no script; and 404 for what is not there."""
    for path in ("/docs", "/docs/products"):
        page = await world.http.get(path)
        assert {name: page.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
        assert "<script" not in page.text
        assert not re.findall(r'(?:src|href)="(?!/|#)[^"]*"', page.text), "no address but our own"
    assert (await world.http.get("/docs/nothing")).status_code == 404
