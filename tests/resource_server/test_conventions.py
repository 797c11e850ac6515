"""What holds for every answer of the API: versions, headers, shapes of refusals, and input from hostile hands."""

import dataclasses
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.world import Api, World, token_of

from polar_server.app import build
from polar_server.database import Unavailable
from polar_server.oauth.server_keys import ServerKeys
from polar_server.plain_asgi import PlainEndpoints
from polar_server.resource_server.versions import VERSIONS
from polar_server.resources.products import queries
from polar_server.settings import Settings

MISSING = "/v1/products/3befcb56-d67f-498e-add3-9b47c6bf39ae"
BODY = {"name": "Night lamp", "prices": [{"amount_type": "fixed", "price_amount": 1000}]}


async def test_the_version_asked_for_is_answered_and_echoed(api: Api) -> None:
    """Absent is the oldest; each known one is echoed, by errors too; any other is a place that does not exist."""
    assert (await api.get("/v1/products/")).headers["polar-version"] == VERSIONS[0]
    for version in VERSIONS:
        for path, status in (("/v1/products", 200), (MISSING, 404)):
            response = await api.get(path, **{"Polar-Version": version})
            assert (response.status_code, response.headers["polar-version"]) == (status, version)
    for version in ("2026-05", "latest", "", "2026-04, 2026-10", "2026-04x"):
        response = await api.call("GET", "/v1/products/", **{"Polar-Version": version})
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"}), version


async def test_both_forms_of_a_path_are_answered_directly(api: Api) -> None:
    """No redirect, which the published client would not follow."""
    made = (await api.post("/v1/products", BODY)).json()
    assert (await api.post("/v1/products/", BODY)).status_code == 201
    for path in ("/v1/products", "/v1/products/", f"/v1/products/{made['id']}", f"/v1/products/{made['id']}/"):
        assert (await api.get(path)).status_code == 200


async def test_every_answer_has_the_headers_and_the_shape_of_its_status(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Success or error: never kept by a cache, never sniffed, open to browsers without cookies, JSON unless empty."""
    made = (await api.post("/v1/products", BODY)).json()
    nobody = Api(world.http, "")
    answers = [
        (200, await api.get("/v1/products/"), {"items", "pagination"}),
        (201, await api.post("/v1/products/", BODY), set(made)),
        (204, await api.delete(f"/v1/products/{made['id']}"), None),
        (401, await world.http.get("/v1/products/"), {"error", "detail"}),
        (401, await nobody.get("/v1/products/"), {"error", "error_description"}),
        (404, await api.get(MISSING), {"error", "detail"}),
        (404, await api.get("/v1/nothing"), {"detail"}),
        (405, await api.call("PUT", "/v1/products/"), {"detail"}),
        (413, await api.call("POST", "/v1/products/", "x" * (10 * 1_048_576 + 1)), {"error", "detail"}),
        (422, await api.post("/v1/products/", {}), {"error", "detail"}),
        (204, await api.call("OPTIONS", "/v1/products/"), None),
    ]
    monkeypatch.setattr(queries, "find_product", _raising(Unavailable("the database is away")))
    answers.append((503, await api.get(MISSING), {"detail"}))
    monkeypatch.setattr(queries, "find_product", _raising(RuntimeError("a mistake")))
    answers.append((500, await api.get(MISSING), {"detail"}))
    assert len({response.headers["x-request-id"] for _, response, _ in answers}) == len(answers)
    for status, response, members in answers:
        assert response.status_code == status, response.text
        assert response.headers["cache-control"] == "private, no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        assert "strict-transport-security" not in response.headers, "the issuer of this test is http"
        assert len(response.headers["x-request-id"]) == 16
        assert (set(response.json()) if response.content else None) == members
        if members is not None:
            assert response.headers["content-type"] == "application/json"
        if status == 503:
            assert int(response.headers["retry-after"]) > 0


def _raising(error: Exception) -> Any:
    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


async def test_refusals_read_as_the_published_clients_expect(world: World, api: Api) -> None:
    """The exact bodies of those that clients tell apart, and the challenge of RFC 6750 §3."""
    response = await world.http.get("/v1/products/")
    assert response.json()["error"] == "Unauthorized"
    assert response.headers["www-authenticate"] == 'Bearer realm="polar"'
    for token in ("nonsense", "polar_at_o_wrong", f"{api.token}x", api.token[:-1], api.token.swapcase(), "é"):
        headers = [(b"Authorization", f"Bearer {token}".encode())]
        response = await world.http.get("/v1/products/", headers=headers)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token"), token
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
    response = await api.get(MISSING)
    assert response.json() == {"error": "ResourceNotFound", "detail": "Not found"}
    response = await api.post("/v1/products/", {"name": "x"})
    assert response.json()["error"] == "RequestValidationError"
    assert {"loc", "msg", "type", "input"} == set(response.json()["detail"][0])
    assert "POST" in (await api.call("PUT", "/v1/products/")).headers["allow"]


async def test_a_missing_scope_and_a_missing_role_are_told_apart(world: World) -> None:
    """403 insufficient_scope with its challenge for the token, 403 NotPermitted for what the person may not do."""
    owner = await world.person("o@example.com")
    organization = await world.organization("shop", owner)
    narrow = await token_of(world, owner, organization, scope="orders:read")
    response = await narrow.get("/v1/products/")
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")
    assert 'scope="products:read"' in response.headers["www-authenticate"]
    response = await (await token_of(world, owner, organization)).get("/v1/users/me")
    assert (response.status_code, response.json()["error"]) == (403, "NotPermitted")


async def test_two_authorization_headers_are_refused(world: World, api: Api) -> None:
    """Nobody may guess which of them counts (RFC 9110 §5.3)."""
    headers = [("Authorization", f"Bearer {api.token}")] * 2
    response = await world.http.get("/v1/products/", headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_may_be_written_in_any_case(world: World, api: Api, scheme: str) -> None:
    """RFC 9110 §11.1; a second space does no harm."""
    response = await world.http.get("/v1/products/", headers={"Authorization": f"{scheme} {api.token}"})
    assert response.status_code == 200


HOSTILE_PATHS = [
    "/v1/products/%00",
    "/v1/products/a%00b",
    "/v1/products/%ff%fe",
    "/v1/products/%ED%A0%80",
    "/v1/products/%2e%2e%2fusers%2fme",
    "/v1/products/" + "9" * 5000,
    "/v1/products/%F0%9F%94%A5",
    "/v1/products/'%20OR%201=1--",
    "/v1/customers/external/%00",
    "/v1/customers/external/%ED%A0%80%00",
    "/v1/products;x=1/",
    "/v1/products/?id=%00",
    "/v1/products/?query=%00",
    "/v1/products/?%00=1",
    "/v1/products/?metadata[%00]=1",
    "/v1/products/?metadata[a]=%00",
    "/v1/products/?page=99999999999999999999",
    "/v1/products/?page=" + "9" * 5000,
    "/v1/products/?page=-0",
    "/v1/products/?limit=0",
    "/v1/products/?limit=%F0%9F%94%A5",
    "/v1/products/?sorting=name;DROP%20TABLE%20products",
    "/v1/products/?sorting=-(SELECT%201)",
    "/v1/products/?sorting=",
]
HARMLESS_PATHS = [
    "/v1/products/?page=1e3",
    "/v1//products/",
    "/v1/products/?id=not-a-uuid",
    "/v1/products/?query=%ff%fe",
    "/v1/products/?query=%ED%A0%80",
    "/v1/products/?metadata[a]=" + "A" * 10_000,
    "/v1/products/?metadata[]=1",
    "/v1/products/?metadata[a%27b]=%27",
    "/v1/products/?organization_id=%27",
    "/v1/products/?limit=1000000",
    "/v1/products/?" + "&".join(f"id={number}" for number in range(2000)),
    "/v1/products/?unknown=1",
    "/v1/products/?%ff=%fe",
    "/v1/products/?&&&=&",
]


async def test_hostile_addresses_are_refused_or_harmless(api: Api) -> None:
    """NUL, broken UTF-8, surrogates, huge numbers and injections: 4xx, or an empty list; never a fault of ours."""
    await api.post("/v1/products", BODY)
    for path in HOSTILE_PATHS:
        response = await api.get(path)
        assert 400 <= response.status_code < 500, f"{path[:80]} {response.status_code} {response.text[:200]}"
    for path in HARMLESS_PATHS:
        response = await api.get(path)
        assert response.status_code == 200, f"{path[:80]} {response.text[:200]}"
    assert (await api.get("/v1/products/")).json()["pagination"]["total_count"] == 1


HOSTILE_BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"name": "Night lamp", "prices": [{"amount_type": "fixed", "price_amount": 1000}]',
    b"\xff\xfe",
    b'{"name": "\xff\xfe\xff"}',
    b"[" * 100_000,
    b'{"metadata":' * 50_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"name": "a\\u0000b"}',
    b'{"name": "a\\ud800b"}',
    b'{"name": "abc", "price_amount": ' + b"9" * 5000 + b"}",
]
HOSTILE_MEMBERS: list[bytes] = [
    b'"name": "a\\u0000bc"',
    b'"name": "abc\\ud800"',
    b'"description": "\\ud83d"',
    b'"description": "\\udc00\\ud800"',
    b'"description": "\\\\\\u0000"',
    b'"metadata": {"\\u0000": "x"}',
    b'"metadata": {"k": "\\u0000"}',
    b'"metadata": {"k": "\\ud800"}',
    b'"metadata": {"k": 1e400}',
    b'"metadata": {"k": NaN}',
    b'"metadata": {"k": {"k": 1}}',
    b'"metadata": {"k": null}',
    b'"organization_id": "\\u0000"',
    b'"trial_interval_count": 99999999999999999999999',
    b'"recurring_interval_count": -99999999999999999999999',
]


async def test_hostile_bodies_are_refused_with_a_place(api: Api) -> None:
    """Broken, deep, huge and poisoned JSON is 422; nothing is stored, and nothing is a fault of ours."""
    whole = [b'{"name": "Night lamp", "prices": [{"amount_type": "free"}], %s}' % member for member in HOSTILE_MEMBERS]
    for body in (*HOSTILE_BODIES, *whole):
        response = await _post(api, body)
        assert response.status_code == 422, f"{body[:80]!r} {response.status_code} {response.text[:200]}"
        assert response.json()["detail"][0]["loc"][0] == "body"
    assert (await api.get("/v1/products/")).json()["pagination"]["total_count"] == 0


async def test_strange_texts_that_are_texts_are_kept(api: Api) -> None:
    """An escaped backslash before u0000 is no NUL; pairs of surrogates are a character; whole numbers stay whole."""
    members = b'"description": "\\\\u0000 \\ud83d\\udd25", "metadata": {"n": 12345678901234567890123, "f": 0.5}'
    body = b'{"name": "Night lamp", "prices": [{"amount_type": "free"}], %s}' % members
    response = await _post(api, body)
    assert response.status_code == 201, response.text
    assert response.json()["description"] == "\\u0000 🔥"
    listed = await api.get("/v1/products/?metadata[f]=0.5")
    assert [item["id"] for item in listed.json()["items"]] == [response.json()["id"]]


async def _post(api: Api, body: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    return await api.http.post("/v1/products/", content=body, headers=headers)


async def test_browsers_may_call_without_cookies(api: Api) -> None:
    """A preflight is answered for every address below /v1/, also one that does not exist; what is read is exposed."""
    asked = {"Origin": "https://spa.example", "Access-Control-Request-Method": "PATCH"}
    for path in ("/v1/products/", MISSING, "/v1/nothing"):
        response = await api.http.options(path, headers=asked)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["access-control-allow-origin"] == "*"
        assert "PATCH" in response.headers["access-control-allow-methods"]
        assert "Polar-Version" in response.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in response.headers
    exposed = (await api.get("/v1/products/")).headers["access-control-expose-headers"]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After", "Polar-Version"} <= set(exposed.split(", "))
    for path in ("/", "/sign-in", "/docs"):
        assert "access-control-allow-origin" not in (await api.http.get(path)).headers, "a page is nobody else's"


async def test_head_and_options_say_what_get_does(api: Api) -> None:
    """HEAD is GET without the body (RFC 9110 §9.3.2); OPTIONS names every method of an address (§9.3.7)."""
    got, head = await api.get("/v1/products/"), await api.call("HEAD", "/v1/products/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert (await api.call("HEAD", MISSING)).status_code == 404
    assert (await api.call("OPTIONS", "/v1/products")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await api.call("OPTIONS", MISSING)).headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_an_https_issuer_says_so_for_a_year(tmp_path: Path) -> None:
    """HSTS (RFC 6797) on pages, on the API and on the protocol's endpoints; the session cookie opens no API."""
    settings = Settings(issuer="https://id.example.com", data_dir=tmp_path)
    for expected, issuer in (("max-age=31536000", settings.issuer), (None, "http://localhost:8000")):
        app = build(dataclasses.replace(settings, issuer=issuer), ServerKeys([bytes(range(32))]), lambda: 1.0)
        assert isinstance(app, PlainEndpoints)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=issuer) as http:
            for path in ("/", "/docs", "/v1/nothing", "/.well-known/openid-configuration", "/nothing"):
                assert (await http.get(path)).headers.get("strict-transport-security") == expected, path


async def test_a_session_cookie_opens_no_api(world: World, api: Api) -> None:
    """A signed-in browser without a token is nobody: no site can make it call (OWASP ASVS 5.0 V3.5.1)."""
    browser = await world.browser(await world.person("visitor@example.com"))
    assert (await browser.http.post("/v1/products/", json=BODY)).status_code == 401


async def test_a_long_body_is_read_to_its_end(api: Api) -> None:
    """Nine megabytes of members that nobody knows are no reason to refuse what stands beside them."""
    made = await api.post("/v1/products/", {"unknown": "x" * 9_000_000, **BODY})
    assert made.status_code == 201, made.text
