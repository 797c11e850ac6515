"""The audit log as its readers have it: an organization's managers, and each person for themselves."""

import csv
import datetime as dt
import re
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from msgspec import Struct
from tests.world import NOW, World

from polar_server import resources
from polar_server.audit import ACTS
from polar_server.dashboard.activity.asking import KINDS
from polar_server.dashboard.activity.words import facts_of

from .conftest import Desk

LAMP = {"name": "Night lamp", "prices": [{"amount_type": "fixed", "price_amount": 4900}]}
TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()
YESTERDAY = TODAY - dt.timedelta(days=1)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_every_act_has_a_kind_to_ask_for() -> None:
    """The filter knows whatever acts are done to, and nothing else."""
    assert {act.partition(".")[0] for act in ACTS} == set(KINDS)


def test_facts_are_told_in_words() -> None:
    """A fact is a short line in plain words; an id is its thing's name, and what is empty or has parts is left out."""
    detail = {
        "changed": ["is_archived", "name", "trial_interval", "trial_interval_count"],
        "methods": "hwk",
        "is_test": False,
        "amount": 250,
        "currency": "usd",
        "customer_id": "c1",
        "endpoint_id": "gone",
        "order_id": "o1",
        "days": 90,
        "overlap": 86_400,
        "subscriptions": 1,
        "access_tokens": 1_200,
        "scope": "openid products:read orders:read products:write",
        "reason": None,
        "benefit": {"a": 1},
    }
    assert facts_of(detail, {"c1": "Grace Hopper"}) == [
        "changed: whether it is on sale, name, free trial",
        "with a passkey",
        "amount: $2.50",
        "customer: Grace Hopper",
        "works for 90 days",
        "both work for 1 day",
        "1 subscription",
        "1,200 access tokens",
        "may know: who you are; may see: products, orders; may change: products",
    ]
    assert facts_of({"role": "admin", "previous": "member"}, {}) == ["role: member, now admin"]


def test_what_the_api_changes_has_plain_words() -> None:
    """No member that an update can send is told by a name that only a program would understand."""
    odd = {name for each in _updates() for name in each.__struct_fields__ if re.search("^is_|_(id|url|at)$", name)}
    assert {"is_archived", "avatar_url"} < odd
    spelled = {name for name in odd if facts_of({"changed": [name]}, {}) == [f"changed: {name.replace('_', ' ')}"]}
    assert spelled == {"tax_id"}


def _updates() -> list[type[Struct]]:
    folders = (find_spec(f"{resources.__name__}.{each.name}.schemas") for each in iter_modules(resources.__path__))
    modules = [import_module(each.name) for each in folders if each is not None]
    return [
        each
        for module in modules
        for name, each in vars(module).items()
        if isinstance(each, type)
        and issubclass(each, Struct)
        and re.search("Update(?!Public)", name)
        and not hasattr(each, "id")
    ]


async def test_managers_read_who_did_what_through_which_app(desk: Desk, member_desk: Desk) -> None:
    """The page and the file show the same entries under the same filters, of this organization alone."""
    product_id = (await desk.api.post("/v1/products/", LAMP)).json()["id"]
    hook = {"url": "https://hooks.example/a-secret", "format": "raw", "events": ["product.created"]}
    endpoint_id = (await desk.api.post("/v1/webhooks/endpoints", hook)).json()["id"]
    await desk.post(f"products/{product_id}", f"products/{product_id}/archive")
    page = (await desk.open("activity")).text
    assert f'created a product: <span title="{product_id}"><bdi>Night lamp</bdi>' in page
    assert f'created a webhook endpoint: <span title="{endpoint_id}"><bdi>hooks.example</bdi>' in page
    assert "a-secret" not in page
    assert "203.0.113.5" in page
    assert "changed: whether it is on sale" in page
    file = await desk.open("activity/export")
    assert file.headers["cache-control"] == "no-store"
    all_rows = _rows(file.text)
    made, archived = (next(row for row in all_rows if row["act"] == f"product.{act}") for act in ("created", "updated"))
    assert (made["app"], archived["app"], made["what"]) == ("Test app", "", "Night lamp")

    mine = f"person={desk.user_id}"
    for query, acts in {
        "kind=product": {"product.created", "product.updated"},
        f"kind=product&{mine}&from={TODAY}&to={TODAY}": {"product.created", "product.updated"},
        "person=nobody": set(),
        f"to={YESTERDAY}": set(),
    }.items():
        assert {row["act"] for row in _rows((await desk.open(f"activity/export?{query}")).text)} == acts
        shown = (await desk.open(f"activity?{query}")).text
        assert ("Nothing fits" in shown) is (not acts)
    strange = "activity?kind=account&person=%00&app=%27&from=2026-99-99&to=0001-01-01x&page=-1"
    assert "created a product" in (await desk.open(strange)).text, "what cannot be meant is as if it were left out"

    [app] = {part.partition('"')[0].partition("&")[0] for part in page.split("app=")[1:]}
    through = (await desk.open(f"activity?app={app}")).text
    assert "created a product" in through
    assert "changed a product" not in through

    for part in ("activity", "activity/export"):
        assert (await member_desk.open(part)).status_code == 403


async def test_people_read_what_concerns_them_alone(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """Somebody's own log tells of their account and acts, as a page and as a file, and of nobody else's."""
    await desk.api.post("/v1/products/", LAMP)
    mine = desk.browser
    page = (await mine.open("/account/activity")).text
    assert "signed in" in page
    assert "created a product" in page
    acts = {row["act"] for row in _rows((await mine.open("/account/activity/export?kind=account")).text)}
    assert acts == {"account.signed_in"}
    theirs = (await stranger_desk.browser.open("/account/activity")).text
    assert "signed in" in theirs
    assert "Night lamp" not in theirs
    nobody = await world.browser()
    for path in ("/account/activity", "/account/activity/export"):
        assert (await nobody.open(path)).headers["location"].startswith("/sign-in")
