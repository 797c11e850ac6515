"""Benefits in the dashboard: each kind made by its form, changed without losing what no field says, and ended."""

from typing import Any

from tests.resources.test_files import described, uploaded
from tests.world import ISSUER

from .conftest import Desk


async def _made(desk: Desk, kind: str, **typed: str) -> dict[str, Any]:
    """A benefit made by the form, as the API shows it."""
    answer = await desk.post(f"benefits/new/{kind}", **typed)
    assert answer.status_code == 303, desk.errors
    return await _shown(desk, answer.headers["location"].rpartition("/")[2].partition("?")[0])


async def _shown(desk: Desk, benefit_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await desk.api.get(f"/v1/benefits/{benefit_id}")).json()
    return shown


async def _saved(desk: Desk, benefit: dict[str, Any], **typed: str) -> dict[str, Any]:
    """The benefit after its form was sent with this."""
    answer = await desk.post(f"benefits/{benefit['id']}", **{"description": benefit["description"], **typed})
    assert answer.status_code == 303, desk.errors
    return await _shown(desk, benefit["id"])


async def _bought(desk: Desk, name: str, email: str, *benefit_ids: str) -> dict[str, Any]:
    """A free product that gives these benefits, taken by somebody; the product."""
    body = {"name": name, "prices": [{"amount_type": "free"}]}
    product: dict[str, Any] = (await desk.api.post("/v1/products/", body)).json()
    await desk.api.post(f"/v1/products/{product['id']}/benefits", {"benefits": list(benefit_ids)})
    checkout = (await desk.api.post("/v1/checkouts/", {"products": [product["id"]]})).json()
    await desk.browser.open(checkout["url"])
    who = {"email": email, "name": email.partition("@")[0].title()}
    paid = await desk.browser.submit(checkout["url"].removeprefix(ISSUER), **who, action="pay")
    assert paid.status_code == 303
    return product


async def test_each_kind_is_made_and_changed(desk: Desk) -> None:
    """What is typed becomes the properties that the API shows, and what was left empty is no limit."""
    assert "No benefits yet" in (await desk.open("benefits")).text
    assert (await desk.open("benefits/new")).text.count("/benefits/new/") == 4
    note = await _made(desk, "custom", description="A letter", note="Write to us", visible="true")
    assert (note["properties"], note["visibility"]) == ({"note": "Write to us"}, "public")
    assert (await _saved(desk, note))["properties"] == {"note": None}

    keys = await _made(desk, "license_keys", description="A key", prefix="LAMP", ttl="2", timeframe="month", uses="9")
    expires = {"ttl": 2, "timeframe": "month"}
    assert keys["properties"] == {"prefix": "LAMP", "expires": expires, "activations": None, "limit_usage": 9}
    assert keys["visibility"] == "private"
    keys = await _saved(desk, keys, timeframe="year", devices="3", customer_admin="true")
    activations = {"limit": 3, "enable_customer_admin": True}
    assert keys["properties"] == {"prefix": None, "expires": None, "activations": activations, "limit_usage": None}

    files = [await uploaded(desk.api, described([b"x"], name=name), [b"x"]) for name in ("a.txt", "b.txt")]
    one, two = (file["id"] for file in files)
    given = await _made(desk, "downloadables", description="The book", **{f"file-{two}": "true"})
    assert given["properties"] == {"files": [two], "archived": {}}
    await desk.api.patch(
        f"/v1/benefits/{given['id']}",
        {"type": "downloadables", "properties": {"files": [two, one], "archived": {two: True}}},
    )
    page = (await desk.open(f"benefits/{given['id']}")).text
    assert page.index("b.txt") < page.index("a.txt")
    given = await _saved(desk, given, **{f"file-{two}": "true", f"file-{one}": "true"})
    assert given["properties"] == {"files": [two, one], "archived": {two: True}}, "what no field says stays"

    values = 'seats = 5\nbeta = true\ncode = "7"\nname = Ada Lovelace'
    flag = await _made(desk, "feature_flag", description="Beta", metadata=values)
    assert flag["metadata"] == {"seats": 5, "beta": True, "code": "7", "name": "Ada Lovelace"}
    page = (await desk.open(f"benefits/{flag['id']}")).text
    assert "seats = 5\nbeta = true\ncode = &#34;7&#34;\nname = Ada Lovelace</textarea>" in page
    await desk.api.patch(f"/v1/benefits/{flag['id']}", {"type": "feature_flag", "metadata": {"a=b": "x\ny"}})
    assert "<textarea" not in (await desk.open(f"benefits/{flag['id']}")).text
    assert (await _saved(desk, flag, description="Beta 2", visible="true"))["metadata"] == {"a=b": "x\ny"}
    found = (await desk.open("benefits?query=LET&kind=custom&sorting=description")).text
    assert "A letter" in found
    assert "Beta 2" not in found


async def test_a_mistake_is_named_at_its_field(desk: Desk) -> None:
    """The page says what is wrong there, keeps what was typed, and nothing is made."""
    named = {"description": "A thing"}
    mistakes: list[tuple[str, dict[str, str], str]] = [
        ("custom", {"description": "ab"}, "description"),
        ("downloadables", named, "files"),
        ("downloadables", {**named, "file-00000000-0000-4000-8000-000000000000": "true"}, "files"),
        ("license_keys", {**named, "timeframe": "year", "ttl": "soon"}, "ttl"),
        ("license_keys", {**named, "timeframe": "week", "ttl": "1"}, "ttl"),
        ("license_keys", {**named, "timeframe": "year", "devices": "0"}, "devices"),
        ("license_keys", {**named, "timeframe": "year", "uses": "9999999999"}, "uses"),
        ("license_keys", {**named, "timeframe": "year", "prefix": "x" * 65}, "prefix"),
        ("feature_flag", {**named, "metadata": "=1"}, "metadata"),
    ]
    for kind, typed, field in mistakes:
        answer = await desk.post(f"benefits/new/{kind}", **typed)
        assert (answer.status_code, list(desk.errors)) == (422, [field]), typed
        assert typed["description"] in answer.text
    assert (await desk.api.get("/v1/benefits/")).json()["items"] == []


async def test_who_has_it_is_shown_and_loses_it_when_it_is_deleted(desk: Desk, stranger_desk: Desk) -> None:
    """The page before the deletion counts who loses what; then the benefit is gone, and nothing of it is found."""
    key = await _made(desk, "license_keys", description="A key", prefix="LAMP", timeframe="year", visible="true")
    flag = await _made(desk, "feature_flag", description="Beta")
    page = f"benefits/{key['id']}"
    assert "Nobody has it yet" in (await desk.open(f"{page}/grants")).text
    assert "Nobody has it, so nobody loses anything." in (await desk.open(f"{page}/delete")).text
    lamp = await _bought(desk, "Night lamp", "grace@example.com", key["id"], flag["id"])
    await _bought(desk, "Day lamp", "ada@example.com", key["id"])
    listed = (await desk.open("benefits")).text
    assert listed.count("2 products") == 1
    assert listed.count("1 product<") == 1
    shown = (await desk.open(page)).text
    assert desk.path("products", lamp["id"]) in shown
    assert "2 customers have it" in shown
    grants = (await desk.open(f"{page}/grants?state=granted")).text
    assert all(words in grants for words in ("Grace", "Ada", "****-", "Has it", "1 to 2 of 2", desk.path("orders")))
    found = (await desk.open(f"{page}/grants?query=GRACE")).text
    assert "Grace" in found
    assert ">Ada<" not in found
    assert "Nothing fits" in (await desk.open(f"{page}/grants?state=revoked")).text
    assert (await stranger_desk.open(f"{page}/grants")).status_code == 404

    grant = (await desk.api.get(f"/v1/{page}/grants")).json()["items"][0]
    kept = f"/v1/license-keys/{grant['properties']['license_key_id']}"
    for status, done in (("disabled", "disabled"), ("granted", "enabled")):
        answer = await desk.post(f"{page}/grants", f"{page}/grants/{grant['id']}/key")
        assert answer.headers["location"].endswith(f"?done={done}")
        assert (await desk.api.get(kept)).json()["status"] == status
        assert (">Disabled<" in (await desk.browser.open(answer.headers["location"])).text) == (done == "disabled")

    asked = (await desk.open(f"{page}/delete")).text
    assert all(words in asked for words in ("2 customers lose it", "2 products do not give it any more", "Day lamp"))
    answer = await desk.browser.submit(desk.path(page, "delete"))
    assert answer.headers["location"] == desk.path("benefits?done=deleted")
    assert (await desk.api.get(f"/v1/{page}")).status_code == 404
    assert (await desk.open(page)).status_code == 404
    assert [b["id"] for b in (await desk.api.get(f"/v1/products/{lamp['id']}")).json()["benefits"]] == [flag["id"]]
