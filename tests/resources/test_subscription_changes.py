"""Changes of subscriptions: other products and what they cost, other times, cancellations, pauses; and prorations."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.resources.subscribing import Shop, lines, settings, shop

from polar_server.resources.subscriptions.prorations import share, use_credits

__all__ = ["settings", "shop"]

HALF = "2027-01-31T08:00:00Z"
"""A bit more than the middle of the first period: 15 of its 31 days are left."""


async def test_an_upgrade_is_invoiced_at_once(shop: Shop) -> None:
    """The rest of the old product is given back, the rest of the new one charged; the period stays as it is."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    customer_id = await shop.customer()
    lamps, books = await shop.giving(lamp), await shop.giving(book, "A book each month")
    subscription_id = await shop.subscribe(lamp, customer_id)
    assert await shop.granted(customer_id) == {lamps}
    await shop.until(HALF)
    await shop.events()
    changed = await shop.change(subscription_id, product_id=book["id"], proration_behavior="invoice")
    assert (changed["product"]["name"], changed["amount"]) == ("Book", 3100)
    assert (changed["current_period_start"], changed["current_period_end"]) == (
        "2027-01-15T08:00:00Z",
        "2027-02-15T08:00:00Z",
    )
    order = (await shop.orders(subscription_id))[1]
    assert (order["billing_reason"], order["status"], order["total_amount"]) == ("subscription_update", "paid", 1016)
    assert lines(order) == [("Unused time on Lamp", -484), ("Remaining time on Book", 1500)]
    assert {(item["proration"], item["start_timestamp"]) for item in order["items"]} == {(True, HALF)}
    assert await shop.granted(customer_id) == {books}
    assert await shop.events() == ["updated"]
    await shop.until("2027-02-15T08:00:00Z")
    assert lines((await shop.orders(subscription_id))[2]) == [("Book", 3100)]


async def test_a_downgrade_leaves_a_credit_for_the_next_orders(shop: Shop) -> None:
    """Nothing is paid out and nothing is lost: what one order does not use stays for the one after it."""
    book, lamp = await shop.product("Book", 3100), await shop.product("Lamp", 310)
    subscription_id = await shop.subscribe(book)
    await shop.until(HALF)
    await shop.change(subscription_id, product_id=lamp["id"], proration_behavior="invoice")
    assert len(await shop.orders(subscription_id)) == 1, "there is nothing to pay"
    await shop.until("2027-07-01T00:00:00Z")
    _, *renewals = await shop.orders(subscription_id)
    assert [order["total_amount"] for order in renewals] == [0, 0, 0, 0, 200]
    assert lines(renewals[0]) == [("Lamp", 310), ("Unused time on Book", -460), ("Remaining time on Lamp", 150)]
    assert lines(renewals[4]) == [("Lamp", 310), ("Credit from earlier changes", -110)]
    assert sum(amount for order in renewals for _, amount in lines(order)) == 5 * 310 + 150 - 1500


async def test_prorations_can_wait_for_the_next_order(shop: Shop) -> None:
    """Several changes within a period come together there; this is what holds when nothing is said."""
    products = [await shop.product(name, price) for name, price in (("Lamp", 1000), ("Book", 3100), ("Pen", 100))]
    subscription_id = await shop.subscribe(products[0])
    await shop.until(HALF)
    await shop.change(subscription_id, product_id=products[1]["id"])
    await shop.change(subscription_id, product_id=products[2]["id"], proration_behavior="prorate")
    assert len(await shop.orders(subscription_id)) == 1
    await shop.until("2027-02-15T08:00:00Z")
    order = (await shop.orders(subscription_id))[1]
    assert (order["billing_reason"], order["total_amount"]) == ("subscription_cycle", 0)
    assert lines(order) == [
        ("Pen", 100),
        ("Unused time on Book", -1500),
        ("Unused time on Lamp", -148),
        ("Remaining time on Pen", 48),
        ("Remaining time on Book", 1500),
    ]
    await shop.until("2027-03-15T08:00:00Z")
    assert lines((await shop.orders(subscription_id))[2]) == [("Pen", 100), ("Credit from earlier changes", -100)]


async def test_a_reset_begins_a_new_period_that_is_paid_in_full(shop: Shop) -> None:
    """The unused time is given back in the same order, and periods are counted from now on."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    subscription_id = await shop.subscribe(lamp)
    await shop.until(HALF)
    changed = await shop.change(subscription_id, product_id=book["id"], proration_behavior="reset")
    assert (changed["current_period_start"], changed["current_period_end"]) == (HALF, "2027-02-28T08:00:00Z")
    order = (await shop.orders(subscription_id))[1]
    assert (order["billing_reason"], order["status"]) == ("subscription_update", "paid")
    assert lines(order) == [("Book", 3100), ("Unused time on Lamp", -484)]
    await shop.until("2027-02-28T08:00:00Z")
    assert (await shop.get(subscription_id))["current_period_end"] == "2027-03-31T08:00:00Z"


@pytest.mark.parametrize("behavior", ["invoice", "prorate"])
async def test_periods_of_another_length_begin_at_once(shop: Shop, behavior: str) -> None:
    """A month does not have a rest of a year: the year begins and is paid now."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 30000, "year")
    subscription_id = await shop.subscribe(lamp)
    await shop.until(HALF)
    changed = await shop.change(subscription_id, product_id=book["id"], proration_behavior=behavior)
    assert (changed["recurring_interval"], changed["current_period_end"]) == ("year", "2028-01-31T08:00:00Z")
    assert lines((await shop.orders(subscription_id))[1]) == [("Book", 30000), ("Unused time on Lamp", -484)]


async def test_a_change_that_cannot_be_paid_changes_nothing(shop: Shop) -> None:
    """402, whichever way it would have been charged; with a better card it goes through."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    customer_id = await shop.customer()
    lamps = await shop.giving(lamp)
    subscription_id = await shop.subscribe(lamp, customer_id, card="test_declined_later")
    await shop.until(HALF)
    await shop.events()
    for behavior in ("invoice", "reset"):
        asked = {"product_id": book["id"], "proration_behavior": behavior, "metadata": {"a": 1}}
        assert await shop.refused(subscription_id, **asked) == (402, "PaymentFailed")
    assert await shop.events() == []
    assert await shop.granted(customer_id) == {lamps}
    await shop.card(customer_id)
    changed = await shop.change(subscription_id, **asked)
    assert (changed["metadata"], changed["amount"]) == ({"a": 1}, 3100)
    await shop.until("2027-02-28T08:00:00Z")
    assert lines((await shop.orders(subscription_id))[2]) == [("Book", 3100)], "nothing of the failed ones is left"


async def test_the_setting_of_the_organization_counts_when_nothing_is_said(shop: Shop) -> None:
    """Here it is the next period; the same product again, or null, gives the change up."""
    await shop.choose(proration_behavior="next_period")
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    subscription_id = await shop.subscribe(lamp)
    for give_up in ({"pending_update": None}, {"product_id": lamp["id"]}):
        assert (await shop.change(subscription_id, product_id=book["id"]))["pending_update"] is not None
        assert (await shop.change(subscription_id, **give_up))["pending_update"] is None
    await shop.events()
    await shop.change(subscription_id, pending_update=None)
    assert await shop.events() == [], "there was nothing to give up"
    await shop.until("2027-02-15T08:00:00Z")
    assert (await shop.get(subscription_id))["amount"] == 1000


async def test_in_a_trial_another_product_costs_nothing_yet(shop: Shop) -> None:
    """The first payment is for the new one."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 9000, "year")
    subscription_id = await shop.subscribe(lamp, trial=("day", 10))
    changed = await shop.change(subscription_id, product_id=book["id"], proration_behavior="invoice")
    assert (changed["status"], changed["trial_end"]) == ("trialing", "2027-01-25T08:00:00Z")
    await shop.until("2027-01-25T08:00:00Z")
    assert (await shop.get(subscription_id))["current_period_end"] == "2028-01-25T08:00:00Z"
    assert [order["total_amount"] for order in await shop.orders(subscription_id)] == [0, 9000]


async def test_what_a_change_costs_is_asked_for_also_when_no_period_follows(shop: Shop) -> None:
    """Who changes to something dear and cancels pays for the time in which it was had."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    subscription_id = await shop.subscribe(lamp)
    await shop.until(HALF)
    await shop.change(subscription_id, product_id=book["id"], proration_behavior="prorate")
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.until("2027-02-15T08:00:00Z")
    assert [(order["status"], order["total_amount"]) for order in await shop.orders(subscription_id)] == [
        ("paid", 1000),
        ("paid", 1016),
    ]


async def test_a_trial_is_made_longer_or_ends_now(shop: Shop) -> None:
    """What follows is counted from its new end; now means with the first payment, which must succeed."""
    customer_id = await shop.customer()
    subscription_id = await shop.subscribe(
        await shop.product(), customer_id, trial=("day", 10), card="test_declined_later"
    )
    longer = await shop.change(subscription_id, trial_end="2027-03-31T00:00:00+02:00")
    assert (longer["trial_end"], longer["current_period_end"]) == ("2027-03-30T22:00:00Z",) * 2
    assert await shop.until("2027-01-26T00:00:00Z") == 0
    assert await shop.refused(subscription_id, trial_end="now") == (402, "PaymentFailed")
    await shop.card(customer_id)
    await shop.events()
    ended = await shop.change(subscription_id, trial_end="now")
    assert (ended["status"], ended["trial_end"]) == ("active", "2027-01-26T00:00:00Z")
    assert ended["current_period_end"] == "2027-02-26T00:00:00Z"
    assert await shop.events() == ["cycled", "active", "updated"]
    assert await shop.refused(subscription_id, trial_end="now") == (422, ["body", "trial_end"])


async def test_a_subscription_that_is_paid_for_can_be_given_a_trial(shop: Shop) -> None:
    """Beyond what is paid; then it goes on."""
    subscription_id = await shop.subscribe(await shop.product())
    for wrong in (
        "2027-02-15T08:00:00Z",
        "2026-12-01T00:00:00Z",
        "2047-01-01T00:00:00Z",
        "2027-03-01T00:00:00",
        "soon",
    ):
        assert await shop.refused(subscription_id, trial_end=wrong) == (422, ["body", "trial_end"])
    given = await shop.change(subscription_id, trial_end="2027-03-10T00:00:00Z")
    assert (given["status"], given["trial_start"]) == ("trialing", "2027-01-15T08:00:00Z")
    await shop.until("2027-03-10T00:00:00Z")
    assert (await shop.get(subscription_id))["current_period_end"] == "2027-04-10T00:00:00Z"
    assert len(await shop.orders(subscription_id)) == 2


async def test_a_period_ends_when_it_is_said(shop: Shop) -> None:
    """Earlier or later; the periods after it are counted from there."""
    subscription_id = await shop.subscribe(await shop.product())
    moved = await shop.change(subscription_id, current_billing_period_end="2027-01-31T00:00:00Z")
    assert moved["current_period_end"] == "2027-01-31T00:00:00Z"
    await shop.until("2027-02-28T00:00:00Z")
    assert (await shop.get(subscription_id))["current_period_end"] == "2027-03-31T00:00:00Z"
    for wrong in ("2027-02-01T00:00:00Z", "2040-01-01T00:00:00Z"):
        answer = await shop.refused(subscription_id, current_billing_period_end=wrong)
        assert answer == (422, ["body", "current_billing_period_end"])
    trial = await shop.subscribe(await shop.product("Pen"), await shop.customer("bob@example.com"), trial=("month", 1))
    assert (await shop.change(trial, current_billing_period_end="2027-03-01T00:00:00Z"))["trial_end"] == (
        "2027-03-01T00:00:00Z"
    )


async def test_a_cancellation_is_planned_and_taken_back(shop: Shop) -> None:
    """With the customer's reason; a canceled subscription cannot be changed, and one that goes on renews."""
    product, other = await shop.product(), await shop.product("Book")
    subscription_id = await shop.subscribe(product)
    await shop.events()
    reason = {"customer_cancellation_reason": "too_expensive", "customer_cancellation_comment": "Dear!"}
    canceled = await shop.change(subscription_id, cancel_at_period_end=True, **reason)
    assert (canceled["status"], canceled["cancel_at_period_end"]) == ("active", True)
    assert (canceled["canceled_at"], canceled["ends_at"]) == ("2027-01-15T08:00:00Z", "2027-02-15T08:00:00Z")
    assert canceled | reason == canceled
    assert await shop.events() == ["canceled", "updated"]
    for change in (
        {"cancel_at_period_end": True},
        {"product_id": other["id"]},
        {"trial_end": "2027-05-01T00:00:00Z"},
        {"current_billing_period_end": "2027-05-01T00:00:00Z"},
        {"pause_at_period_end": True},
    ):
        assert await shop.refused(subscription_id, **change) == (403, "AlreadyCanceledSubscription")
    going_on = await shop.change(subscription_id, cancel_at_period_end=False)
    assert (going_on["canceled_at"], going_on["ends_at"], going_on["customer_cancellation_reason"]) == (None,) * 3
    assert await shop.events() == ["uncanceled", "updated"]
    await shop.change(subscription_id, cancel_at_period_end=False)
    assert await shop.events() == [], "it was going on"
    await shop.until("2027-02-15T08:00:00Z")
    assert len(await shop.orders(subscription_id)) == 2


async def test_a_pause_is_planned_taken_back_and_ended_by_hand(shop: Shop) -> None:
    """A paused subscription can only be resumed, which is paid at once, or revoked."""
    product, other, customer_id = await shop.product(), await shop.product("Book"), await shop.customer()
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id, card="test_declined_later")
    assert await shop.refused(subscription_id, pause_at_period_end=True, resumes_at="2027-02-01T00:00:00Z") == (
        422,
        ["body", "resumes_at"],
    )
    assert await shop.refused(subscription_id, resume=True) == (422, ["body", "resume"])
    await shop.change(subscription_id, pause_at_period_end=True, resumes_at="2027-04-01T00:00:00Z")
    again = await shop.change(subscription_id, pause_at_period_end=False)
    assert (again["pause_at_period_end"], again["resumes_at"]) == (False, None)
    assert (await shop.change(subscription_id, pause_at_period_end=True))["pause_at_period_end"] is True
    await shop.until("2027-03-01T00:00:00Z")
    for change in (
        {"product_id": other["id"]},
        {"cancel_at_period_end": True},
        {"pause_at_period_end": True},
        {"current_billing_period_end": "2027-05-01T00:00:00Z"},
    ):
        assert await shop.refused(subscription_id, **change) == (403, "InactiveSubscription")
    assert await shop.refused(subscription_id, resume=True) == (402, "PaymentFailed")
    await shop.card(customer_id)
    await shop.events()
    resumed = await shop.change(subscription_id, resume=True)
    assert (resumed["status"], resumed["current_period_end"]) == ("active", "2027-04-01T00:00:00Z")
    assert await shop.events() == ["resumed", "active", "updated"]
    assert await shop.granted(customer_id) == {benefit_id}
    await shop.until("2027-04-01T00:00:00Z")
    assert [order["total_amount"] for order in await shop.orders(subscription_id)] == [1000] * 3


async def test_a_rest_that_was_to_end_before_it_begins_is_none(shop: Shop) -> None:
    """The period was made longer after the pause was planned; the next one begins where it ends."""
    subscription_id = await shop.subscribe(await shop.product())
    await shop.change(subscription_id, pause_at_period_end=True, resumes_at="2027-03-01T00:00:00Z")
    await shop.change(subscription_id, current_billing_period_end="2027-04-01T00:00:00Z")
    await shop.until("2027-04-01T00:00:00Z")
    shown = await shop.get(subscription_id)
    assert (shown["status"], shown["current_period_start"]) == ("active", "2027-04-01T00:00:00Z")


async def test_a_product_that_waits_comes_with_the_end_of_a_pause(shop: Shop) -> None:
    """The new period is the next one, also when a rest lies between."""
    lamp, book = await shop.product("Lamp"), await shop.product("Book", 3100)
    subscription_id = await shop.subscribe(lamp)
    await shop.change(subscription_id, product_id=book["id"], proration_behavior="next_period")
    await shop.change(subscription_id, pause_at_period_end=True)
    await shop.until("2027-03-01T00:00:00Z")
    assert (await shop.change(subscription_id, resume=True))["amount"] == 3100


async def test_nothing_is_counted_from_a_period_that_is_unpaid_or_over(shop: Shop) -> None:
    """409 until it is settled; a cancellation does not wait for that."""
    product, other = await shop.product(), await shop.product("Book")
    subscription_id = await shop.subscribe(product, card="test_declined_later")
    shop.world.clock.now += 40 * 86400
    changes: tuple[dict[str, Any], ...] = (
        {"product_id": other["id"]},
        {"trial_end": "2027-05-01T00:00:00Z"},
        {"current_billing_period_end": "2027-05-01T00:00:00Z"},
        {"pause_at_period_end": True},
    )
    for _ in range(2):
        for change in changes:
            assert await shop.refused(subscription_id, **change) == (409, "SubscriptionLocked")
        await shop.run()
    assert (await shop.get(subscription_id))["status"] == "past_due"
    await shop.change(subscription_id, cancel_at_period_end=True)


async def test_what_has_ended_does_not_change(shop: Shop) -> None:
    """But for its metadata."""
    product = await shop.product()
    subscription_id = await shop.subscribe(product)
    await shop.change(subscription_id, revoke=True)
    for change in (
        {"cancel_at_period_end": True},
        {"cancel_at_period_end": False},
        {"product_id": product["id"]},
        {"resume": True},
        {"pause_at_period_end": False},
    ):
        assert await shop.refused(subscription_id, **change) == (403, "AlreadyCanceledSubscription")
    await shop.events()
    assert (await shop.change(subscription_id, metadata={"kept": True}))["metadata"] == {"kept": True}
    assert await shop.events() == ["updated"]


async def test_every_mistake_is_named_by_its_place(shop: Shop, stranger: Any) -> None:
    """422 in words: for what cannot be bought so, for what is not there, for two changes at once."""
    subscription_id = await shop.subscribe(await shop.product())
    euros = [{"amount_type": "fixed", "price_amount": 900, "price_currency": "eur"}]
    archived = await shop.product("Archived")
    await shop.api.patch(f"/v1/products/{archived['id']}", {"is_archived": True})
    once = (await shop.api.post("/v1/products/", {"name": "Once", "prices": euros})).json()
    foreign = await Shop(shop.world, stranger).product()
    for product in (
        await shop.product("Euro", prices=euros),
        await shop.product("Custom", prices=[{"amount_type": "custom"}]),
        archived,
        once,
        foreign,
        {"id": "nothing"},
    ):
        assert await shop.refused(subscription_id, product_id=product["id"]) == (422, ["body", "product_id"])
    for change, place in (
        ({"seats": 3}, ["seats"]),
        ({"units": 3}, ["units"]),
        ({"discount_id": "d"}, ["discount_id"]),
        ({"revoke": False}, ["revoke"]),
        ({"resume": False}, ["resume"]),
        ({"revoke": True, "cancel_at_period_end": True}, []),
        ({"metadata": {"k": ""}}, ["metadata", "k"]),
        ({"proration_behavior": "never"}, ["proration_behavior"]),
        ({"customer_cancellation_reason": "bored", "cancel_at_period_end": True}, ["customer_cancellation_reason"]),
        ({"pending_update": {}}, ["pending_update"]),
        ({"customer_cancellation_reason": "unused"}, ["customer_cancellation_reason"]),
        ({"cancel_at_period_end": True, "resumes_at": "2027-03-01T00:00:00Z"}, ["resumes_at"]),
        ({"revoke": True, "proration_behavior": "reset"}, ["proration_behavior"]),
        ({"current_billing_period_end": "2027-03-01T00:00:00"}, ["current_billing_period_end"]),
    ):
        assert await shop.refused(subscription_id, **change) == (422, ["body", *place])


async def test_what_is_not_said_or_null_changes_nothing(shop: Shop) -> None:
    """The published clients send null for what they leave alone."""
    subscription_id = await shop.subscribe(await shop.product())
    before = await shop.get(subscription_id)
    await shop.events()
    for body in ({}, dict.fromkeys(("product_id", "proration_behavior", "trial_end", "discount_id", "metadata"))):
        assert await shop.change(subscription_id, **body) == before
    assert await shop.events() == []


async def test_a_change_of_nothing_is_accepted(shop: Shop) -> None:
    """Taking back a pause that was not planned; another product at the very beginning of a free period."""
    free, other = await shop.product(price=0), await shop.product("Book", 0)
    subscription_id = await shop.subscribe(free, card=None)
    before = await shop.get(subscription_id)
    assert await shop.change(subscription_id, pause_at_period_end=False) == before
    changed = await shop.change(subscription_id, product_id=other["id"], proration_behavior="invoice")
    assert changed["product_id"] == other["id"]
    assert len(await shop.orders(subscription_id)) == 1


async def test_a_change_that_is_asked_for_often_at_once_is_charged_once(shop: Shop) -> None:
    """Each request waits for the one before it, and finds that there is nothing left to do."""
    lamp, book = await shop.product("Lamp", 1000), await shop.product("Book", 3100)
    subscription_id = await shop.subscribe(lamp)
    asked = {"product_id": book["id"], "proration_behavior": "invoice"}
    answers = await asyncio.gather(*(shop.patch(subscription_id, **asked) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert [order["total_amount"] for order in await shop.orders(subscription_id)] == [1000, 2100]
    gone = await asyncio.gather(*(shop.patch(subscription_id, revoke=True) for _ in range(4)))
    assert sorted(answer.status_code for answer in gone) == [200, 403, 403, 403]


AMOUNTS = st.integers(0, 99_999_999)
MOMENTS = st.integers(1_800_000_000, 1_900_000_000)


@given(AMOUNTS, MOMENTS, st.integers(1, 400 * 86400), st.lists(st.integers(0, 400 * 86400), max_size=8))
def test_a_period_costs_its_price_however_often_it_is_cut(
    amount: int, start: int, length: int, cuts: list[int]
) -> None:
    """What was used and what is given back make up the price at each moment, and neither is ever less than nothing."""
    moments = sorted(start + min(cut, length) for cut in cuts)
    end = start + length
    assert (share(amount, start, end, start), share(amount, start, end, end)) == (amount, 0)
    rests = [share(amount, start, end, at) for at in moments]
    assert all(0 <= rest <= amount for rest in rests)
    assert rests == sorted(rests, reverse=True), "time that has passed does not come back"
    for at, rest in zip(moments, rests, strict=True):
        assert abs(rest * length - amount * (end - at)) * 2 <= length, "to the nearest cent"


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=6), st.lists(st.integers(0, 3_000_000), min_size=6))
def test_changes_within_a_period_cost_what_was_had(prices: list[int], times: list[int]) -> None:
    """Whatever is changed when: in all, each product is paid for its time, to a cent for each change."""
    start, end = 0, 3_000_000
    moments = [start, *sorted(times[: len(prices) - 1]), end]
    paid = prices[0]
    for before, after, at in zip(prices, prices[1:], moments[1:], strict=False):
        paid += share(after, start, end, at) - share(before, start, end, at)
    had = sum(price * (moments[number + 1] - moments[number]) for number, price in enumerate(prices))
    assert abs(paid * (end - start) - had) <= (end - start) * len(prices)
    assert paid >= 0, "nobody earns by changing"


@given(st.lists(st.integers(-10_000, 10_000), max_size=12))
def test_credits_are_used_up_to_the_last_cent_and_no_further(amounts: list[int]) -> None:
    """An order never costs less than nothing, and what it leaves is exactly what it did not use."""
    taken, left = use_credits(amounts)
    assert sum(taken) == max(sum(amounts), 0)
    assert sum(taken) + left == sum(amounts)
    for amount, part in zip(amounts, taken, strict=True):
        assert part == amount if amount > 0 else amount <= part <= 0
