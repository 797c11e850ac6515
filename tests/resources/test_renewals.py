"""Renewals: what the clock does to subscriptions at the end of their periods, and when cards fail."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.resources.subscribing import Shop, at, lines, settings, shop

from polar_server.database import Statement
from polar_server.resources.benefit_grants.reviewing import review_grants
from polar_server.resources.customers.queries import delete_customer
from polar_server.resources.subscriptions import turning
from polar_server.resources.subscriptions.renewals import PUT_OFF, renew_subscriptions

__all__ = ["settings", "shop"]

_WAKE = Statement("UPDATE subscriptions SET due_at = :now WHERE organization_id = :organization_id")


async def _reasons(shop: Shop, subscription_id: str) -> list[tuple[str, str, int]]:
    return [(o["billing_reason"], o["status"], o["total_amount"]) for o in await shop.orders(subscription_id)]


async def test_a_period_is_renewed_when_it_ends_and_not_before(shop: Shop) -> None:
    """One order for it, paid with the customer's card, and the events of it."""
    product, customer_id = await shop.product(), await shop.customer(billing_address={"country": "FR"})
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id, metadata='{"shelf": 3}')
    assert await shop.until("2027-02-15T07:59:59Z") == 0
    await shop.events()
    assert await shop.until("2027-02-15T08:00:00Z") == 1
    renewed = await shop.get(subscription_id)
    assert await shop.events() == ["cycled", "updated"]
    assert [event["data"] for event in shop.told] == [renewed, renewed]
    assert (renewed["status"], renewed["current_period_end"]) == ("active", "2027-03-15T08:00:00Z")
    first, second = await shop.orders(subscription_id)
    assert (second["billing_reason"], second["status"], second["total_amount"]) == ("subscription_cycle", "paid", 1000)
    assert (second["metadata"], second["billing_address"]["country"]) == ({"shelf": 3}, "FR")
    [item] = second["items"]
    assert (item["start_timestamp"], item["end_timestamp"]) == ("2027-02-15T08:00:00Z", "2027-03-15T08:00:00Z")
    assert second["invoice_number"] > first["invoice_number"]
    assert await shop.granted(customer_id) == {benefit_id}
    assert await shop.run() == 0, "once"


async def test_after_a_downtime_every_missed_period_is_renewed_once_and_in_order(shop: Shop) -> None:
    """Each in a step of its own, with its own order; the end of a month comes back to the 31st."""
    shop.world.clock.now = at("2027-01-31T10:00:00Z")
    subscription_id = await shop.subscribe(await shop.product())
    shop.world.clock.now = at("2027-06-15T00:00:00Z")
    ends = []
    while await renew_subscriptions(shop.world.server, int(shop.world.clock())):
        ends.append((await shop.get(subscription_id))["current_period_end"])
    assert ends == [f"2027-{day}T10:00:00Z" for day in ("03-31", "04-30", "05-31", "06-30")]
    spans = [
        (order["items"][0]["start_timestamp"][:10], order["items"][0]["end_timestamp"][:10])
        for order in await shop.orders(subscription_id)
    ]
    days = ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"]
    assert spans == list(pairwise(days))


async def test_a_free_subscription_is_renewed_with_an_order_of_nothing(shop: Shop) -> None:
    """No card is needed for it."""
    subscription_id = await shop.subscribe(await shop.product(price=0), card=None)
    await shop.until("2027-02-15T08:00:00Z")
    assert await _reasons(shop, subscription_id) == [
        ("subscription_create", "paid", 0),
        ("subscription_cycle", "paid", 0),
    ]


async def test_a_trial_ends_with_the_first_payment(shop: Shop) -> None:
    """The trial costs nothing; what follows is counted from its end."""
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    await shop.events()
    subscription_id = await shop.subscribe(product, customer_id, trial=("day", 14))
    assert await shop.events() == ["created"]
    trial = await shop.get(subscription_id)
    assert (trial["status"], trial["trial_end"], trial["current_period_end"]) == (
        "trialing",
        *["2027-01-29T08:00:00Z"] * 2,
    )
    assert await shop.granted(customer_id) == {benefit_id}
    await shop.until("2027-01-29T08:00:00Z")
    begun = await shop.get(subscription_id)
    assert (begun["status"], begun["current_period_end"]) == ("active", "2027-02-28T08:00:00Z")
    assert await shop.events() == ["cycled", "active", "updated"]
    await shop.until("2027-02-28T08:00:00Z")
    assert (await shop.get(subscription_id))["current_period_end"] == "2027-03-29T08:00:00Z"
    assert await _reasons(shop, subscription_id) == [
        ("subscription_create", "paid", 0),
        ("subscription_cycle", "paid", 1000),
        ("subscription_cycle", "paid", 1000),
    ]


async def test_a_canceled_subscription_ends_with_its_period_and_its_benefits_with_the_grace(shop: Shop) -> None:
    """It ends when its period does, however late the clock looks, and its benefits the days later that are set."""
    await shop.choose(benefit_revocation_grace_period=3)
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id)
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.events()
    await shop.until("2027-02-16T00:00:00Z")
    ended = await shop.get(subscription_id)
    assert (ended["status"], ended["ended_at"], ended["cancel_at_period_end"]) == (
        "canceled",
        "2027-02-15T08:00:00Z",
        True,
    )
    assert await shop.events() == ["updated"]
    assert await shop.granted(customer_id) == {benefit_id}
    assert await shop.until("2027-02-18T07:59:59Z") == 0
    assert await shop.until("2027-02-18T08:00:00Z") == 1
    assert await shop.events() == ["revoked"]
    assert await shop.granted(customer_id) == set()
    assert await shop.until("2027-09-01T00:00:00Z") == 0
    assert len(await shop.orders(subscription_id)) == 1


async def test_benefits_can_be_taken_back_during_the_grace(shop: Shop) -> None:
    """Whoever revokes a subscription that has ended with its period means its benefits."""
    await shop.choose(benefit_revocation_grace_period=3)
    product, customer_id = await shop.product(), await shop.customer()
    await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id)
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.until("2027-02-15T08:00:00Z")
    assert (await shop.api.delete(f"/v1/subscriptions/{subscription_id}")).status_code == 200
    assert await shop.granted(customer_id) == set()
    assert (await shop.api.delete(f"/v1/subscriptions/{subscription_id}")).status_code == 403


async def test_a_paused_subscription_rests_and_resumes_by_itself(shop: Shop) -> None:
    """No order and no benefits meanwhile; periods are counted from when it goes on."""
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id)
    await shop.change(subscription_id, pause_at_period_end=True, resumes_at="2027-03-20T00:00:00Z")
    await shop.events()
    await shop.until("2027-02-15T09:00:00Z")
    paused = await shop.get(subscription_id)
    assert (paused["status"], paused["paused_at"]) == ("paused", "2027-02-15T08:00:00Z")
    assert await shop.events() == ["paused", "updated"]
    assert await shop.granted(customer_id) == set()
    assert await shop.until("2027-03-19T23:59:59Z") == 0
    await shop.until("2027-03-21T00:00:00Z")
    resumed = await shop.get(subscription_id)
    assert (resumed["status"], resumed["current_period_start"]) == ("active", "2027-03-20T00:00:00Z")
    assert (resumed["current_period_end"], resumed["paused_at"]) == ("2027-04-20T00:00:00Z", None)
    assert await shop.events() == ["resumed", "active", "updated"]
    assert await shop.granted(customer_id) == {benefit_id}
    assert len(await shop.orders(subscription_id)) == 2


async def test_a_rest_that_ends_with_a_card_that_fails_gives_no_benefits(shop: Shop) -> None:
    """They come with the payment, and a product that gives something else meanwhile does not bring them before."""
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id, card="test_declined_later")
    await shop.change(subscription_id, pause_at_period_end=True, resumes_at="2027-03-01T00:00:00Z")
    await shop.until("2027-02-15T08:00:00Z")
    await shop.events()
    await shop.until("2027-03-01T00:00:00Z")
    assert await shop.events() == ["resumed", "past_due", "updated"]
    benefit_id = await shop.giving(product, "A postcard each month")
    while await review_grants(shop.world.server, int(shop.world.clock())):
        pass
    assert await shop.granted(customer_id) == set()
    await shop.card(customer_id)
    await shop.until("2027-03-03T00:00:00Z")
    assert await shop.events() == ["active", "updated"]
    assert await shop.granted(customer_id) == {benefit_id}


async def test_a_failed_renewal_is_tried_again_after_2_5_7_and_7_days_and_then_ends(shop: Shop) -> None:
    """Past due meanwhile, with its benefits; then it has ended, and nobody owes anything."""
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    subscription_id = await shop.subscribe(product, customer_id, card="test_declined_later")
    await shop.events()
    await shop.until("2027-02-15T08:00:00Z")
    assert await shop.events() == ["cycled", "past_due", "updated"]
    for tried, again in (("15", "17"), ("17", "22"), ("22", "29"), ("29", "36")):
        overdue, order = await shop.get(subscription_id), (await shop.orders(subscription_id))[1]
        assert (overdue["status"], overdue["past_due_at"]) == ("past_due", "2027-02-15T08:00:00Z")
        assert order["status"] == "pending", tried
        assert order["next_payment_attempt_at"] == _february(again)
        assert await shop.granted(customer_id) == {benefit_id}
        assert await shop.until(_february(again, second=-1)) == 0
        assert await shop.until(_february(again)) == 1
    ended = await shop.get(subscription_id)
    assert (ended["status"], ended["ended_at"]) == ("canceled", "2027-03-08T08:00:00Z")
    assert await shop.events() == ["updated"] * 3 + ["canceled", "updated", "revoked"]
    assert (await shop.orders(subscription_id))[1]["status"] == "void"
    assert await shop.granted(customer_id) == set()
    assert await shop.until("2027-09-01T00:00:00Z") == 0


def _february(day: str, second: int = 0) -> str:
    """A day counted from the beginning of February, at eight."""
    moment = datetime(2027, 2, 1, 8, tzinfo=UTC) + timedelta(days=int(day) - 1, seconds=second)
    return moment.isoformat().replace("+00:00", "Z")


async def test_a_card_that_was_changed_is_used_at_the_next_try(shop: Shop) -> None:
    """Then the subscription is active again, its period as it would have been, and the ones missed follow."""
    product, customer_id = await shop.product(interval="week"), await shop.customer()
    subscription_id = await shop.subscribe(product, customer_id, card="test_declined_later")
    await shop.until("2027-01-22T08:00:00Z")
    await shop.until("2027-01-24T08:00:00Z")
    await shop.card(customer_id)
    await shop.events()
    assert await shop.until("2027-01-29T07:59:59Z") == 0
    await shop.until("2027-01-29T08:00:00Z")
    assert await shop.events() == ["active", "updated", "cycled", "updated"]
    shown = await shop.get(subscription_id)
    assert (shown["status"], shown["past_due_at"]) == ("active", None)
    assert shown["current_period_end"] == "2027-02-05T08:00:00Z"
    assert [order["status"] for order in await shop.orders(subscription_id)] == ["paid"] * 3


async def test_a_cancellation_while_past_due_takes_effect_when_the_period_ends(shop: Shop) -> None:
    """Not only at the next try; and taking it back brings the next try back."""
    product = await shop.product(interval="day", count=3)
    subscription_id = await shop.subscribe(product, card="test_declined_later")
    await shop.until("2027-01-18T08:00:00Z")
    await shop.until("2027-01-20T08:00:00Z")
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.change(subscription_id, cancel_at_period_end=False)
    await shop.until("2027-01-21T08:00:00Z")
    assert (await shop.get(subscription_id))["status"] == "past_due"
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.until("2027-01-21T08:00:01Z")
    assert (await shop.get(subscription_id))["ended_at"] == "2027-01-21T08:00:00Z"
    assert [order["status"] for order in await shop.orders(subscription_id)] == ["paid", "void"]


async def test_without_a_card_a_renewal_fails_like_any_other(shop: Shop) -> None:
    """There is nothing that could be charged."""
    subscription_id = await shop.subscribe(await shop.product(), card=None)
    await shop.until("2027-02-15T08:00:00Z")
    assert (await shop.get(subscription_id))["status"] == "past_due"


async def test_a_pending_product_comes_with_the_next_period(shop: Shop) -> None:
    """With its price, its length of period counted from there, and its benefits."""
    lamp, book = await shop.product("Lamp"), await shop.product("Book", 9000, "year")
    customer_id = await shop.customer()
    lamps, books = await shop.giving(lamp), await shop.giving(book, "A book each year")
    subscription_id = await shop.subscribe(lamp, customer_id)
    pending = await shop.change(subscription_id, product_id=book["id"], proration_behavior="next_period")
    assert pending["pending_update"]["product_id"] == book["id"]
    assert pending["pending_update"]["applies_at"] == "2027-02-15T08:00:00Z"
    assert (pending["product_id"], await shop.granted(customer_id)) == (lamp["id"], {lamps})
    await shop.until("2027-02-15T08:00:00Z")
    changed = await shop.get(subscription_id)
    assert (changed["product"]["name"], changed["amount"], changed["pending_update"]) == ("Book", 9000, None)
    assert (changed["recurring_interval"], changed["current_period_end"]) == ("year", "2028-02-15T08:00:00Z")
    assert lines((await shop.orders(subscription_id))[1]) == [("Book", 9000)]
    assert await shop.granted(customer_id) == {books}


async def test_one_that_cannot_be_renewed_keeps_nobody_waiting(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is logged, leaves nothing half done, and is tried again ten minutes later."""
    product = await shop.product()
    broken = await shop.subscribe(product, await shop.customer("broken@example.com"))
    fine = await shop.subscribe(product, await shop.customer("fine@example.com"))
    place = turning.place_period

    async def fail(tx: Any, server: Any, row: Any, *rest: Any) -> str:
        if row["id"] == broken:
            raise ZeroDivisionError
        return await place(tx, server, row, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(turning, "place_period", fail)
        await shop.until("2027-02-15T08:00:00Z")
    assert (await shop.get(fine))["current_period_end"] == "2027-03-15T08:00:00Z"
    assert (await shop.get(broken))["current_period_end"] == "2027-02-15T08:00:00Z"
    assert len(await shop.orders(broken)) == 1
    shop.world.clock.now += PUT_OFF
    assert await shop.run() == 1
    assert (await shop.get(broken))["current_period_end"] == "2027-03-15T08:00:00Z"


async def test_a_look_that_comes_too_early_changes_nothing(shop: Shop) -> None:
    """The clock finds that nothing is due yet, and when it has to look again."""
    product = await shop.product()
    active = await shop.subscribe(product, await shop.customer("active@example.com"))
    paused = await shop.subscribe(product, await shop.customer("paused@example.com"), trial=("day", 1))
    await shop.change(paused, pause_at_period_end=True, resumes_at="2027-02-01T00:00:00Z")
    await shop.until("2027-01-17T00:00:00Z")
    await shop.events()
    async with shop.world.server.database.write() as tx:
        await tx.run(_WAKE, now=at("2027-01-17T00:00:00Z"), organization_id=shop.organization_id)
    assert await shop.run() == 2
    assert await shop.events() == []
    await shop.until("2027-02-15T08:00:00Z")
    assert [len(await shop.orders(each)) for each in (active, paused)] == [2, 2]


async def test_nobody_is_charged_for_a_deleted_customer(shop: Shop) -> None:
    """Should a subscription have outlived its customer, the clock ends it."""
    customer_id = await shop.customer()
    subscription_id = await shop.subscribe(await shop.product(), customer_id)
    async with shop.world.server.database.write() as tx:
        await delete_customer(tx, customer_id, shop.organization_id, int(shop.world.clock()))
    await shop.until("2027-02-15T08:00:00Z")
    assert (await shop.get(subscription_id))["status"] == "canceled"
    assert len(await shop.orders(subscription_id)) == 1
