"""The first page of an organization: what to do first, and later how it goes."""

from .conftest import Desk

PRICE = [{"amount_type": "fixed", "price_amount": 1250, "price_currency": "usd"}]


async def test_before_the_first_sale_the_steps_to_it_are_there(desk: Desk, member_desk: Desk) -> None:
    """What is done is marked, the next step leads on; a member sees no steps of managers."""
    page = (await desk.open()).text
    assert "Nothing is sold yet" in page
    assert f'class="button primary" href="{desk.path("products", "new")}"' in page
    assert [page.count(text) for text in ("Done:", 'class="step"')] == [0, 4]
    made = await desk.api.post("/v1/products/", {"name": "Reading lamp", "prices": PRICE})
    page = (await desk.open()).text
    assert f'class="button primary" href="{desk.path("checkouts", "new")}"' in page
    await desk.api.post("/v1/checkouts/", {"products": [made.json()["id"]]})
    assert [(await desk.open()).text.count(text) for text in ("Done:", 'class="step"')] == [2, 2]
    assert "Build on it" not in (await member_desk.open()).text
    assert "The organization is created." in (await desk.browser.open(f"{desk.path()}?done=created")).text
