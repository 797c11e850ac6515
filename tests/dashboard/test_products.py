"""Products in the dashboard: what is typed becomes what the API shows, and what cannot be is said at its field."""

import re

import pytest
from tests.resources.test_files import PNG, begun, finish, image, sent
from tests.world import Api

from .conftest import Desk

LAMP = {"name": "Night lamp", "description": "Dims", "kind": "fixed", "amount": "49.00", "currency": "usd"}


async def _product(desk: Desk, **changes: str) -> str:
    """A product made by the form; its id."""
    answer = await desk.post("products/new", **LAMP | changes)
    assert answer.status_code == 303, desk.errors
    return answer.headers["location"].rpartition("/")[2].partition("?")[0]


async def test_a_product_is_made_changed_archived_and_deleted(desk: Desk) -> None:
    """The API shows each step, the list finds it, and its history is there as events of the API would have it."""
    product_id = await _product(desk, recurring_interval="month", trial_days="14")
    made = (await desk.api.get(f"/v1/products/{product_id}")).json()
    assert (made["name"], made["recurring_interval"], made["trial_interval_count"]) == ("Night lamp", "month", 14)
    [price] = made["prices"]
    assert (price["price_amount"], price["price_currency"]) == (4900, "usd")

    page = f"products/{product_id}"
    assert "<title>Night lamp · Polar</title>" in (await desk.open(page)).text, "our name stays beside the product's"
    assert (await desk.post(page, **LAMP | {"name": "Day lamp"})).headers["location"].endswith("?done=saved")
    renamed = (await desk.api.get(f"/v1/products/{product_id}")).json()
    assert (renamed["name"], renamed["prices"][0]["id"]) == ("Day lamp", price["id"]), "a price that stays keeps its id"
    await desk.post(page, **LAMP | {"kind": "custom", "minimum": "5", "preset": "9,50"})
    [price] = (await desk.api.get(f"/v1/products/{product_id}")).json()["prices"]
    assert (price["amount_type"], price["minimum_amount"], price["preset_amount"]) == ("custom", 500, 950)

    await desk.post(page, f"{page}/archive")
    assert "Day lamp" not in (await desk.open("products")).text
    assert "Night lamp" in (await desk.open("products?state=archived&query=LAMP")).text
    await desk.post(page, f"{page}/archive")
    assert "Night lamp" in (await desk.open("products")).text
    answer = await desk.post(page, f"{page}/delete")
    assert answer.headers["location"] == desk.path("products?done=deleted")
    assert (await desk.api.get(f"/v1/products/{product_id}")).status_code == 404
    assert "Nothing is for sale yet" in (await desk.open("products")).text


@pytest.mark.parametrize(
    "changes,field",
    [
        ({"name": "ab"}, "name"),
        ({"amount": ""}, "amount"),
        ({"amount": "0.10"}, "amount"),
        ({"currency": "zzz"}, "currency"),
        ({"kind": "custom", "minimum": "x"}, "minimum"),
        ({"kind": "custom", "minimum": "9", "preset": "5"}, "preset"),
        ({"trial_days": "soon"}, "trial_days"),
        ({"trial_days": "14"}, "trial_days"),
        ({"recurring_interval": "month", "trial_days": "9999"}, "trial_days"),
    ],
)
async def test_a_mistake_is_named_at_its_field(desk: Desk, changes: dict[str, str], field: str) -> None:
    """The page says what is wrong there, keeps what was typed, and nothing is made."""
    answer = await desk.post("products/new", **LAMP | changes)
    assert answer.status_code == 422
    assert list(desk.errors) == [field]
    assert 'value="49.00"' in answer.text or "amount" in changes
    assert (await desk.api.get("/v1/products/")).json()["pagination"]["total_count"] == 0


async def test_benefits_are_ticked(desk: Desk) -> None:
    """What is ticked comes with the product, in its order; what is not ticked is taken from it."""
    ids = [
        (await desk.api.post("/v1/benefits/", {"type": "custom", "description": text, "properties": {}})).json()["id"]
        for text in ("A letter", "A song")
    ]
    product_id = await _product(desk, **{f"benefit-{each}": "true" for each in ids})
    page = f"products/{product_id}"
    assert [b["id"] for b in (await desk.api.get(f"/v1/{page}")).json()["benefits"]] == ids
    await desk.post(page, **LAMP, **{f"benefit-{ids[1]}": "true"})
    assert [b["id"] for b in (await desk.api.get(f"/v1/{page}")).json()["benefits"]] == ids[1:]
    answer = await desk.post(page, **LAMP, **{"benefit-00000000-0000-4000-8000-000000000000": "true"})
    assert (answer.status_code, desk.notices) == (422, ["There is no such benefit."])


async def test_pictures_are_ticked(desk: Desk, member_desk: Desk, stranger_desk: Desk) -> None:
    """The pictures of a product stand first, in its order; what is ticked later follows, and others' are refused."""
    ids = [await _picture(desk.api, f"{name}.png") for name in ("one", "two", "three")]
    theirs, unfinished = await _picture(stranger_desk.api, "theirs.png"), (await begun(desk.api, image()))["id"]
    new = (await desk.open("products", "new")).text
    assert [each in new for each in (*ids, theirs, unfinished)] == [True] * 3 + [False] * 2
    product_id = await _product(desk, **{f"picture-{each}": "true" for each in (ids[2], ids[0])})
    page = f"products/{product_id}"

    async def shown() -> list[str]:
        return [media["id"] for media in (await desk.api.get(f"/v1/{page}")).json()["medias"]]

    assert await shown() == [ids[2], ids[0]]
    listed = re.findall(r'name="picture-([^"]+)" value="true"( checked)?', (await desk.open(page)).text)
    assert listed == [(ids[2], " checked"), (ids[0], " checked"), (ids[1], "")]
    await desk.post(page, **LAMP, **{f"picture-{each}": "true" for each in ids})
    assert await shown() == [ids[2], ids[0], ids[1]]
    for wrong, sentence in (
        ([theirs], "There is no such image."),
        (map(str, range(21)), "A product has at most 20 pictures."),
    ):
        answer = await desk.post(page, **LAMP, **{f"picture-{each}": "true" for each in wrong})
        assert (answer.status_code, desk.errors) == (422, {"pictures": sentence})
    await desk.post(page, **LAMP, **{f"picture-{ids[1]}": "true"})
    assert await shown() == [ids[1]]
    upload = f"{desk.path('files', 'new')}?purpose=product_media"
    assert f'href="{upload}"' in (await desk.open(page)).text
    assert upload not in (await member_desk.open(page)).text
    assert 'value="product_media" selected' in (await desk.open("files", "new?purpose=product_media")).text


async def _picture(api: Api, name: str) -> str:
    made = await begun(api, image(name=name))
    await finish(api, made, await sent(api, made, [PNG]))
    return str(made["id"])


async def test_a_list_is_paged_sorted_and_searched_by_its_address(desk: Desk) -> None:
    """Each page links to the next; an address that cannot be meant shows the usual list."""
    price = [{"amount_type": "fixed", "price_amount": 100, "price_currency": "usd"}]
    for number in range(27):
        await desk.api.post("/v1/products/", {"name": f"Lamp {number:02}", "prices": price})
    first = (await desk.open("products?sorting=name")).text
    assert "1 to 25 of 27" in first
    assert "Lamp 24" in first and "Lamp 25" not in first  # noqa: PT018
    assert f"{desk.path('products')}?sorting=name&amp;page=2" in first
    assert "26 to 27 of 27" in (await desk.open("products?sorting=name&page=2")).text
    assert "0 of 0" not in (await desk.open("products?query=nothing")).text
    assert "Nothing fits" in (await desk.open("products?query=nothing")).text
    assert "1 to 25 of 27" in (await desk.open("products?sorting=price;--&page=x&state=y&query=%00")).text
