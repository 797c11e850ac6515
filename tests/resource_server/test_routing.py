"""What all resources share: versions, and texts that no database keeps."""

import pytest
from tests.world import Api


@pytest.mark.parametrize("version", ["2026-04", "2026-10", "2027-01"])
async def test_the_version_asked_for_is_answered(api: Api, version: str) -> None:
    """Polar-Version comes back, also with a refusal."""
    for path, status in (("/v1/products/", 200), ("/v1/products/none", 404), ("/v1/products/?limit=0", 422)):
        response = await api.get(path, **{"Polar-Version": version})
        assert (response.status_code, response.headers.get_list("polar-version")) == (status, [version])


async def test_an_unknown_version_does_not_exist(api: Api) -> None:
    """Without the header it is the oldest one; a version that we do not speak is 404."""
    assert (await api.get("/v1/products/")).headers["polar-version"] == "2026-04"
    for version in ("2026-05", "", "latest"):
        response = await api.get("/v1/products/", **{"Polar-Version": version})
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


async def test_nul_is_refused_wherever_it_stands(api: Api) -> None:
    """422 in query and body, 404 in the path; a backslash before u0000 is text like any other."""
    assert (await api.get("/v1/products/%00")).json()["error"] == "ResourceNotFound"
    for path in ("/v1/products/?query=a%00", "/v1/products/?metadata[a%00]=b"):
        response = await api.get(path)
        assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query"])
    body = {"prices": [{"amount_type": "fixed", "price_amount": 100}]}
    assert (await api.post("/v1/products/", {**body, "name": "a\0bc"})).status_code == 422
    assert (await api.post("/v1/products/", {**body, "name": "a\\u0000"})).status_code == 201
