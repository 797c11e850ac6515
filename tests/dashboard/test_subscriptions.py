"""Subscriptions in the dashboard: found, changed at the price that was said, rested, and ended with their benefits."""

import re
from typing import Any

import pytest
from tests.resources.subscribing import Shop, settings
from tests.world import World

from .conftest import Desk

__all__ = ["settings"]

_SAID = re.compile(r'value="(\w+)"[^>]*><span>\s*[^<]*<span class="sub">(.*?)</span>\s*</span></label>', re.DOTALL)
_TAGS = re.compile(r"<[^>]+>")


@pytest.fixture
def shop(world: World, desk: Desk) -> Shop:
    return Shop(world, desk.api)


async def _state(desk: Desk, subscription_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await desk.api.get(f"/v1/subscriptions/{subscription_id}")).json()
    return found


async def _does(desk: Desk, page: str, act: str, **typed: str) -> str:
    """Send a form of the page; its word of success, or the sentence that refused it."""
    answer = await desk.post(page, f"{page}/{act}", **typed)
    return answer.headers["location"].partition("=")[2] if answer.status_code == 303 else desk.notices[0]


async def test_subscriptions_are_listed_found_and_exported(shop: Shop, desk: Desk, stranger_desk: Desk) -> None:
    """By customer and by state, with what happens next; a stranger's are nowhere."""
    assert "No subscriptions yet" in (await desk.open("subscriptions")).text
    lamp = await shop.product()
    await shop.subscribe(lamp, await shop.customer("ada@example.com"))
    ending = await shop.subscribe(lamp, await shop.customer("grace@example.com", name="Grace"))
    await shop.change(ending, cancel_at_period_end=True)
    theirs = Shop(shop.world, stranger_desk.api)
    await theirs.subscribe(await theirs.product("Their lamp"), await theirs.customer("eve@example.com", name="Eve"))
    everything = (await desk.open("subscriptions?sorting=customer")).text
    assert everything.index(">Ada<") < everything.index(">Grace<")
    assert "$10.00 a month" in everything
    assert "Eve" not in everything
    for asked, names in {"query=gra": {"Grace"}, "status=ending": {"Grace"}, "status=renewing": {"Ada"}}.items():
        text = (await desk.open(f"subscriptions?{asked}")).text
        assert {name for name in ("Ada", "Grace") if f">{name}<" in text} == names
    assert "Nothing fits" in (await desk.open("subscriptions?status=paused")).text
    export = await desk.open("subscriptions/export")
    assert "grace@example.com" in export.text
    assert "eve@example.com" not in export.text


async def test_a_subscription_is_cancelled_kept_paused_and_ended(shop: Shop, desk: Desk) -> None:
    """The page says what follows from each act, which can be taken back while that is possible."""
    lamp = await shop.product(interval="week")
    benefit = await shop.giving(lamp)
    ada = await shop.customer()
    lamp_id = await shop.subscribe(lamp, ada)
    page = f"subscriptions/{lamp_id}"
    shown = (await desk.open(page)).text
    assert "$10.00 is charged to Visa ending in 4242" in shown
    assert "A letter each month" in shown
    early = desk.browser.page
    assert await _does(desk, page, "cancel", reason="too_expensive", comment="Sorry!") == "cancel"
    shown = (await desk.open(page)).text
    assert all(words in shown for words in ("too expensive", "Sorry!", "and does not renew"))
    desk.browser.page = early
    answer = await desk.browser.submit(desk.path(f"{page}/pause"))
    assert (answer.status_code, desk.notices[0].partition(".")[0]) == (403, "This subscription ends with its period")
    assert await _does(desk, page, "acts/uncancel") == "uncancel"
    for act, field in (("pause", "resumes_at"), ("period", "renews_at")):
        for typed in ("tomorrow", "2020-01-01"):
            assert (await desk.post(page, f"{page}/{act}", **{field: typed})).status_code == 422
            assert list(desk.errors) == [field]
            assert f'value="{typed}"' in desk.browser.page.text
    assert await _does(desk, page, "period", renews_at="2027-01-20") == "period"
    assert (await _state(desk, lamp_id))["current_period_end"] == "2027-01-20T00:00:00Z"
    assert await _does(desk, page, "pause", resumes_at="2027-06-01") == "pause"
    assert (await _state(desk, lamp_id))["resumes_at"] == "2027-06-01T00:00:00Z"
    assert await _does(desk, page, "acts/unpause") == "unpause"
    await _does(desk, page, "pause")
    await shop.until((await _state(desk, lamp_id))["current_period_end"])
    assert await shop.granted(ada) == set()
    assert "A new period begins today, and $10.00 is charged" in (await desk.open(page)).text
    assert await _does(desk, page, "acts/resume") == "resume"
    assert await shop.granted(ada) == {benefit}

    assert (await desk.post(f"{page}/end", word="yes")).status_code == 422
    assert desk.errors == {"word": "Type the word “end”."}
    assert (await desk.post(f"{page}/end", word="End")).headers["location"].endswith("done=end")
    assert await shop.granted(ada) == set()
    assert (await _state(desk, lamp_id))["status"] == "canceled"
    assert "nothing left to end" in (await desk.open(f"{page}/end")).text
    assert "Canceled" in (await desk.open(page)).text
    assert "<form" not in (await desk.open(page)).text.partition("</header>")[2], "nothing more can become of it"


async def _said(desk: Desk, page: str, product: dict[str, Any]) -> dict[str, str]:
    """What the page says that each way to change to a product costs."""
    text = (await desk.open(f"{page}/product?product={product['id']}")).text
    assert " · Polar</title>" in text
    return {behavior: " ".join(_TAGS.sub("", sub).split()) for behavior, sub in _SAID.findall(text)}


_CHANGES: tuple[tuple[int, str, str, str, list[int]], ...] = (
    (2000, "week", "invoice", "$5.00 is charged now: the difference for the rest of this period.", [500]),
    (2000, "week", "prorate", "The next order, on 22 January 2027, costs $5.00 more", []),
    (2000, "week", "reset", "A new week begins today. $15.00 is charged now", [1500]),
    (600, "week", "prorate", "The next order, on 22 January 2027, costs $2.00 less", []),
    (600, "week", "invoice", "Nothing is charged now. $2.00 is kept for the next order, on 22 January 2027", []),
    (400, "week", "reset", "A new week begins today. Nothing is charged now. $1.00 is kept", [0]),
    (9000, "year", "reset", "A new year begins today. $85.00 is charged now", [8500]),
    (2000, "week", "next_period", "Nothing changes until 22 January 2027. From then on it costs $20.00 a week", []),
)
"""Of a subscription to something for $10 a week whose week is half over: the new price and interval, the way to change,
what the page says of it, and what is charged at once."""


async def test_another_product_costs_what_was_said(shop: Shop, desk: Desk) -> None:
    """The amounts that the page names are those of the orders that follow, at once and with the next period."""
    lamp = await shop.product(interval="week")
    ways = [
        (await shop.subscribe(lamp, await shop.customer(f"{n}@example.com")), await shop.product("Beacon", *change[:2]))
        for n, change in enumerate(_CHANGES)
    ]
    shop.world.clock.now += 7 * 86400 / 2
    for (subscription_id, new), (_, _, behavior, sentence, charged) in zip(ways, _CHANGES, strict=True):
        page = f"subscriptions/{subscription_id}"
        assert sentence in (await _said(desk, page, new))[behavior]
        done = await desk.post(f"{page}/product?product={new['id']}", f"{page}/product", behavior=behavior)
        assert done.headers["location"].endswith("waits" if behavior == "next_period" else "changed")
        assert [order["total_amount"] for order in (await shop.orders(subscription_id))[1:]] == charged
    await shop.until("2027-01-22T08:00:00Z")
    later = {
        (price, behavior): (await shop.orders(subscription_id))[-1]["total_amount"]
        for (subscription_id, _), (price, _, behavior, _, _) in zip(ways, _CHANGES, strict=True)
        if behavior != "reset"
    }
    assert later == {
        (2000, "invoice"): 2000,
        (2000, "prorate"): 2500,
        (600, "prorate"): 400,
        (600, "invoice"): 400,
        (2000, "next_period"): 2000,
    }


async def test_a_change_waits_is_given_up_or_refused(shop: Shop, desk: Desk) -> None:
    """What waits is shown and can be given up; in a trial nothing is charged; a card that fails changes nothing."""
    lamp, beacon = await shop.product(), await shop.product("Beacon", 2000)
    subscription_id = await shop.subscribe(lamp, trial=("day", 7))
    page = f"subscriptions/{subscription_id}"
    assert set(await _said(desk, page, beacon)) == {"prorate", "next_period"}
    await desk.post(f"{page}/product?product={beacon['id']}", f"{page}/product", behavior="next_period")
    shown = (await desk.open(page)).text
    assert all(words in shown for words in ("this becomes <bdi>Beacon</bdi>, for $20.00", "then $20.00 is charged"))
    assert await _does(desk, page, "acts/keep") == "keep"
    assert (await _state(desk, subscription_id))["pending_update"] is None
    assert "$10.00 is charged to Visa ending in 4242 at once" in (await desk.open(page)).text
    assert await _does(desk, page, "acts/end-trial") == "end-trial"
    grace = await shop.customer("grace@example.com")
    poor = await shop.subscribe(lamp, grace, card="test_insufficient_funds")
    page = f"subscriptions/{poor}/product"
    assert (await desk.post(f"{page}?product={beacon['id']}", page, behavior="some day")).status_code == 422
    assert "Choose when the product changes." in desk.browser.page.text
    refused = await desk.post(f"{page}?product={beacon['id']}", page, behavior="reset")
    assert refused.status_code == 402
    assert "The payment failed, so nothing was changed." in desk.notices[0]
    assert (await _state(desk, poor))["product_id"] == lamp["id"]
    await shop.change(poor, cancel_at_period_end=True)
    assert "cannot change now" in (await desk.open(page)).text


async def test_benefits_that_outlast_a_subscription_are_taken_back(shop: Shop, desk: Desk) -> None:
    """Where the organization lets them last some days more, the page says so and takes them back at once."""
    await shop.choose(benefit_revocation_grace_period=3)
    lamp = await shop.product(interval="week")
    benefit = await shop.giving(lamp)
    ada = await shop.customer()
    page = f"subscriptions/{await shop.subscribe(lamp, ada)}"
    assert await _does(desk, page, "cancel") == "cancel"
    await shop.until("2027-01-22T08:00:00Z")
    assert await shop.granted(ada) == {benefit}
    assert "Its benefits last some days more" in (await desk.open(page)).text
    await desk.post(f"{page}/end", word="end")
    assert await shop.granted(ada) == set()
    assert "Take benefits back" not in (await desk.open(page)).text
