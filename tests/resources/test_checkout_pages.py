"""The hosted page of a checkout without JavaScript: what is shown, typed, refused and bought."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.html.documents import Document
from tests.world import ISSUER, Api, Browser, World

from polar_server import logs, payments
from polar_server.database import Statement
from polar_server.html import static
from polar_server.rate_limits.limits import Quota
from polar_server.resources.checkouts.framing import framing_origin
from polar_server.settings import Settings

from .test_checkouts import ADDRESS, DAY, FIXED, _create, _items, _product, _settings

CARD = {"card_number": "4242 4242 4242 4242", "card_expiry": "12/40", "card_cvc": "123"}
ADA = {"email": "ada@example.com", "name": "Ada Lovelace"}


@pytest.fixture
def settings(migrated_sqlite_file: Path, tmp_path: Path) -> Settings:
    """One engine: what the pages ask of it, test_checkouts asks of both."""
    shutil.copy(migrated_sqlite_file, tmp_path / "polar.db")
    url = f"sqlite:///{tmp_path / 'polar.db'}"
    return Settings(issuer=ISSUER, database_url=url, data_dir=tmp_path / "data", worker=False)


async def _opened(world: World, made: dict[str, Any]) -> Browser:
    browser = await world.browser()
    page = await browser.open(f"/checkout/{made['client_secret']}")
    assert page.status_code == 200, page.text
    return browser


async def _followed(browser: Browser) -> httpx.Response:
    """The page that the last answer leads to."""
    assert browser.page.status_code == 303, browser.page.text
    return await browser.open(browser.page.headers["location"])


def _text(page: httpx.Response) -> str:
    return " ".join(Document(page.text).text.split())


def _error_of(page: httpx.Response, field: str) -> str:
    """The sentence that a field is described by."""
    found = re.search(rf'<p class="error" id="{field}-error">([^<]*)</p>', page.text)
    assert found, f"no error at {field}"
    tag = re.search(rf'<(?:input|select) id="{field}"[^>]*>', page.text)
    assert tag
    assert 'aria-invalid="true"' in tag[0]
    assert f"{field}-error" in tag[0]
    return found[1]


async def test_a_person_pays_and_sees_what_they_have(world: World, api: Api) -> None:
    """The page says what it costs; after paying, the note, the key, the receipt; opened again, the same."""
    given = [{"type": "custom", "description": "Thanks", "properties": {"note": "Welcome aboard"}}]
    given.append({"type": "license_keys", "description": "Key", "properties": {"prefix": "LAMP"}})
    ids = [(await api.post("/v1/benefits/", benefit)).json()["id"] for benefit in given]
    lamp = await _product(api, description="Warm light.")
    await api.post(f"/v1/products/{lamp['id']}/benefits", {"benefits": ids})
    browser = await _opened(world, await _create(api, lamp))
    shown = _text(browser.page)
    for words in ("Night lamp", "Warm light.", "$10.00", "Thanks", "Test mode: no card is charged.", "Pay $10.00"):
        assert words in shown
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    page = await _followed(browser)
    seen = _text(page)
    for words in ("Thank you", "$10.00", "Visa ending in 4242", "Welcome aboard", "LAMP", "LIGHTHOUSE-0001"):
        assert words in seen
    receipt = re.search(r'href="(http[^"]*/receipt[^"]*)"', page.text)
    assert receipt
    assert (await browser.open(receipt[1].replace("&amp;", "&"))).status_code == 200
    first = str(page.url)
    await browser.open(first.removesuffix("/confirmation"))
    assert str((await _followed(browser)).url) == first
    assert (await _items(api, "customers"))[0]["name"] == "Ada Lovelace"


async def test_the_app_gets_its_customer_back(world: World, api: Api) -> None:
    """With a success_url the confirmation leads there, with the id; a return_url is there for those who do not buy."""
    made = await _create(
        api, success_url="https://shop.example/thanks?id={CHECKOUT_ID}", return_url="https://shop.example/cart"
    )
    browser = await _opened(world, made)
    assert "Back to shop.example" in _text(browser.page)
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    page = await _followed(browser)
    assert (page.status_code, page.headers["location"]) == (303, f"https://shop.example/thanks?id={made['id']}")


async def test_mistakes_stand_beside_their_fields_and_lose_nothing_but_the_card(world: World, api: Api) -> None:
    """Each field with a sentence that describes it; what was typed is there again, and no digit of the card."""
    browser = await _opened(world, await _create(api, require_billing_address=True, is_business_customer=True))
    typed = {"email": "nobody", "name": "Ada", "line1": "1 rue de la Paix", "city": "Paris"}
    wrong = {"card_number": "4242424242424241", "card_expiry": "12/40", "card_cvc": "987"}
    page = await browser.submit("/checkout/", action="pay", **typed, **wrong)
    assert page.status_code == 422
    assert "like ada@example.com" in _error_of(page, "email")
    for field in ("billing_name", "country", "postal_code", "card_number"):
        assert _error_of(page, field)
    fields = {field.get("name"): field.get("value") for field in Document(page.text).all("input")}
    assert {name: fields[name] for name in typed} == typed
    assert "4242424242424241" not in page.text
    # The page has random tokens with any three digits in them; the code would stand in its field.
    assert not fields["card_cvc"]
    assert len(re.findall(" autofocus", page.text)) == 1, "the first wrong field has the focus"
    page = await browser.submit(
        "/checkout/", action="pay", **ADDRESS, **ADA, **CARD, billing_name="Lovelace Ltd", tax_id="DE129273398"
    )
    assert "VAT number" in _error_of(page, "tax_id")
    await browser.submit("/checkout/", action="pay", **ADDRESS, **ADA, **CARD, billing_name="Lovelace Ltd")
    assert "Thank you" in _text(await _followed(browser))
    assert (await _items(api, "orders"))[0]["billing_address"]["city"] == "Paris"


@pytest.mark.parametrize(
    "number, sentence",
    [("4000000000000002", "Your bank declined the payment."), ("4000000000009995", "does not have enough money")],
)
async def test_a_declined_card_can_be_replaced(world: World, api: Api, number: str, sentence: str) -> None:
    """The bank's sentence above the form, everything typed still there, and another card pays."""
    browser = await _opened(world, await _create(api))
    page = await browser.submit("/checkout/", action="pay", **ADA, **{**CARD, "card_number": number})
    assert page.status_code == 400
    assert sentence in _text(page)
    assert 'value="Ada Lovelace"' in page.text
    assert number not in page.text
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    assert "Thank you" in _text(await _followed(browser))


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_the_bank_asks_its_customer(world: World, api: Api, answer: str) -> None:
    """Approved, it is paid; declined, the form is back with what was typed; whoever comes in between meets the bank."""
    made = await _create(api)
    browser = await _opened(world, made)
    await browser.submit("/checkout/", action="pay", **ADA, **{**CARD, "card_number": "4000002500003155"})
    page = await _followed(browser)
    assert "Test Bank" in page.text
    assert "$10.00" in _text(page)
    await browser.open(f"/checkout/{made['client_secret']}")
    await _followed(browser)
    page = await browser.submit("/checkout/", action=answer)
    if answer == "approve":
        assert "Visa ending in 3155" in _text(await _followed(browser))
        return
    assert "You did not confirm the payment." in _text(page)
    assert 'value="ada@example.com"' in page.text
    assert not await _items(api, "orders")
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    assert "Thank you" in _text(await _followed(browser))


async def test_another_product_is_seen_before_it_is_paid(world: World, api: Api) -> None:
    """Chosen with its button or right before paying: the new price is shown first, and nothing typed is lost."""
    lamp, desk = await _product(api), await _product(api, name="Desk", prices=[{**FIXED, "price_amount": 5000}])
    browser = await _opened(world, await _create(api, lamp, desk))
    page = await browser.submit("/checkout/", action="choose", product_id=desk["id"], email="ada@")
    assert "Pay $50.00" in _text(page)
    assert 'value="ada@"' in page.text
    page = await browser.submit("/checkout/", action="pay", product_id=lamp["id"], **ADA, **CARD)
    assert "Check what you pay now" in _text(page)
    assert "Pay $10.00" in _text(page)
    assert not await _items(api, "orders")
    await browser.submit("/checkout/", action="pay", product_id=lamp["id"], **ADA, **CARD)
    assert "Night lamp" in _text(await _followed(browser))
    page = await browser.open(browser.page.url.path)
    assert page.status_code == 200


async def test_a_product_of_nobody_cannot_be_chosen(world: World, api: Api) -> None:
    """A changed form is refused in words."""
    browser = await _opened(world, await _create(api, await _product(api), await _product(api)))
    page = await browser.submit("/checkout/", action="choose", product_id="another")
    assert (page.status_code, "not one of the checkout" in _text(page)) == (422, True)


async def test_an_amount_is_typed_as_people_write_it(world: World, api: Api) -> None:
    """In major units, with the limits said; outside of them, and what is no amount, is refused at the field."""
    gift = await _product(api, prices=[{"amount_type": "custom", "minimum_amount": 500, "maximum_amount": 9000}])
    browser = await _opened(world, await _create(api, gift))
    assert "At least $5.00, at most $90.00." in _text(browser.page)
    for amount in ("4.99", "90.01", "much", ""):
        page = await browser.submit("/checkout/", action="pay", amount=amount, **ADA, **CARD)
        assert page.status_code == 422
        assert _error_of(page, "amount")
    await browser.submit("/checkout/", action="pay", amount="12,50", **ADA, **CARD)
    assert "$12.50" in _text(await _followed(browser))


async def test_who_pays_nothing_needs_no_card(world: World, api: Api) -> None:
    """A free product shows no card; nor does 0 need one where the customer decides."""
    free = await _opened(world, await _create(api, await _product(api, prices=[{"amount_type": "free"}])))
    assert "card_number" not in free.page.text
    assert "Get it for free" in _text(free.page)
    await free.submit("/checkout/", action="pay", **ADA)
    assert "Thank you" in _text(await _followed(free))
    gift = await _product(api, prices=[{"amount_type": "custom", "minimum_amount": 0}])
    for amount, card in (("0", {}), ("20", CARD)):
        browser = await _opened(world, await _create(api, gift))
        assert "Nothing, or at least $0.50." in _text(browser.page)
        assert "card_number" in browser.page.text, "somebody may want to pay"
        await browser.submit("/checkout/", action="pay", amount=amount, **ADA, **card)
        assert f"${amount}.00" in _text(await _followed(browser))


async def test_a_trial_says_when_it_costs_what(world: World, api: Api) -> None:
    """Before, and on the confirmation; who has had the one trial sees the price before they pay it."""
    await _settings(world, api, prevent_trial_abuse=True, allow_multiple_subscriptions=True)
    monthly = await _product(api, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    browser = await _opened(world, await _create(api, monthly))
    for words in ("Free for 14 days, then $10.00 a month.", "$0.00", "Start free trial"):
        assert words in _text(browser.page)
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    seen = _text(await _followed(browser))
    assert "29 January 2027" in seen
    assert "$10.00 a month, until you cancel." in seen
    again = await _opened(world, await _create(api, monthly))
    page = await again.submit("/checkout/", action="pay", **ADA, **CARD)
    assert page.status_code == 403
    assert "was used already with this email address" in _text(page)
    assert "Subscribe for $10.00 a month" in _text(page) or "Subscribe for $10.00" in _text(page)
    await again.submit("/checkout/", action="pay", **ADA, **CARD)
    assert "Renews on" in _text(await _followed(again))


async def test_one_subscription_is_enough(world: World, api: Api) -> None:
    """Who has one reads so above the form."""
    monthly = await _product(api, recurring_interval="month")
    for status in (303, 403):
        browser = await _opened(world, await _create(api, monthly))
        page = await browser.submit("/checkout/", action="pay", **ADA, **CARD)
        assert page.status_code == status
    assert "There is an active subscription" in _text(page)


async def test_a_named_customer_cannot_be_exchanged(world: World, api: Api) -> None:
    """The address of the customer that the organization named is shown and stays."""
    customer = (await api.post("/v1/customers/", {"email": "ada@example.com", "name": "Ada"})).json()
    browser = await _opened(world, await _create(api, customer_id=customer["id"]))
    assert "readonly" in browser.page.text
    await browser.submit("/checkout/", action="pay", **{**ADA, "email": "eve@example.com"}, **CARD)
    assert "ada@example.com" in _text(await _followed(browser))


async def test_what_is_over_says_what_to_do(world: World, api: Api) -> None:
    """Unknown is 404, expired is 410, with a way on; also when the form was open before."""
    browser = await world.browser()
    for secret in ("polar_c_" + "0" * 43, "nothing"):
        page = await browser.open(f"/checkout/{secret}")
        assert (page.status_code, "There is no such checkout" in _text(page)) == (404, True)
    made = await _create(api, return_url="https://shop.example/cart")
    browser = await _opened(world, made)
    world.clock.now += DAY
    page = await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    assert (page.status_code, "This checkout has expired" in _text(page)) == (410, True)
    for path in ("", "/bank", "/confirmation"):
        page = await browser.open(f"/checkout/{made['client_secret']}{path}")
        assert page.status_code == 410
    assert "Back to shop.example" in _text(page)


async def test_every_place_leads_to_where_the_checkout_is(world: World, api: Api) -> None:
    """The bank and the confirmation of an open checkout lead to the form; a form that was sent twice is paid once."""
    made = await _create(api)
    for path in ("/bank", "/confirmation"):
        browser = await world.browser()
        await browser.open(f"/checkout/{made['client_secret']}{path}")
        assert "Your details" in _text(await _followed(browser))
    first, second = await _opened(world, made), await _opened(world, made)
    for browser in (first, second):
        await browser.submit("/checkout/", action="pay", **ADA, **CARD)
        assert "Thank you" in _text(await _followed(browser))
    assert len(await _items(api, "orders")) == 1


async def test_the_page_is_as_strict_as_all_others(world: World, api: Api) -> None:
    """One script, against double clicks; nothing inline, no cache, no frame; a form from elsewhere is refused."""
    made = await _create(api)
    browser = await _opened(world, made)
    headers = browser.page.headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
    document = Document(browser.page.text)
    assert [each["src"] for each in document.all("script", "style")] == [static.FILES["send_once.js"].path]
    assert not [element for _, element in document.elements if "style" in element]
    path = f"/checkout/{made['client_secret']}"
    token = next(field["value"] for field in document.all("input") if field.get("name") == "csrf")
    form = {"csrf": token, "action": "pay", **ADA, **CARD}
    assert (await (await world.browser()).http.post(path, data=form)).status_code == 403
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await browser.http.post(path, data=form, headers=elsewhere)).status_code == 403
    assert not await _items(api, "orders")


@pytest.mark.parametrize(
    "hosts, origin, allowed",
    [
        (["shop.example"], "https://shop.example", True),
        (["*.shop.example"], "https://eu.shop.example", True),
        (["localhost:3000"], "http://localhost:3000", True),
        (["capacitor://localhost"], "capacitor://localhost", True),
        (["*.shop.example"], "https://shop.example.evil.example", False),
        (["*.shop.example"], "https://evilshop.example", False),
        (["localhost:3000"], "http://localhost:3001", False),
        (["shop.example"], "capacitor://shop", False),
        ([], "https://shop.example", False),
    ],
)
def test_embed_hosts_decide_who_frames_a_page(hosts: list[str], origin: str, allowed: bool) -> None:
    """A host and its port, the subdomains of one, the origin of an app; never what only looks alike."""
    assert framing_origin({"embed_origin": origin}, hosts) == (origin if allowed else None)


async def test_only_an_allowed_origin_frames_the_page(world: World, api: Api) -> None:
    """A framed form works without our cookie, which browsers keep from it; any other page is never framed."""
    save = Statement("""
        INSERT INTO organization_details (organization_id, default_presentment_currency, default_tax_behavior, settings)
        VALUES (:id, 'usd', 'location', :settings)
    """)
    async with world.server.database.write() as tx:
        await tx.run(save, id=api.organization_id, settings=json.dumps({"embed_hosts": ["shop.example"]}))
    for origin, allowed in (("https://shop.example", True), ("https://evil.example", False)):
        browser = await _opened(world, await _create(api, embed_origin=origin))
        headers = browser.page.headers
        assert (f"frame-ancestors {origin}" in headers["content-security-policy"]) is allowed
        assert ("frame-ancestors 'none'" in headers["content-security-policy"]) is not allowed
        assert ("x-frame-options" in headers) is not allowed
        browser.http.cookies.clear()
        await browser.submit("/checkout/", action="pay", **ADA, **CARD)
        assert browser.page.status_code == (303 if allowed else 403)


async def test_a_test_organization_says_so(world: World, api: Api) -> None:
    """A ribbon on every page of it, and none on those of a real one, where the test processor is named all the same."""
    made = await _create(api)
    assert "This is a test shop." not in (await _opened(world, made)).page.text
    async with world.server.database.write() as tx:
        await tx.run(Statement("UPDATE organizations SET is_test = TRUE WHERE id = :id"), id=api.organization_id)
    browser = await _opened(world, made)
    assert "This is a test shop." in browser.page.text
    assert "test processor only" in _text(browser.page)


async def test_test_cards_are_listed_with_what_they_do(world: World, api: Api) -> None:
    """All of them, in groups of four."""
    shown = _text((await _opened(world, await _create(api))).page)
    for number, known in payments.TEST_CARDS.items():
        assert f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}" in shown
        assert known.what_happens in shown


async def test_hostile_names_become_harmless_text(world: World, api: Api) -> None:
    """What an organization or a customer writes is text, on every page."""
    hostile = "<script>alert(1)</script>"
    lamp = await _product(api, name=hostile, description=hostile)
    browser = await _opened(world, await _create(api, lamp, customer_name=hostile))
    assert "<script>" not in browser.page.text
    await browser.submit("/checkout/", action="pay", email="ada@example.com", name=hostile, **CARD)
    page = await _followed(browser)
    assert "<script>" not in page.text
    assert hostile in Document(page.text).text


async def test_every_class_has_a_rule() -> None:
    """A class that no rule knows is a typing error."""
    css = static.FILES["checkout.css"].content.decode()
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", css))
    folder = Path(static.__file__).parents[1] / "resources" / "checkouts" / "templates"
    for path in folder.glob("*.html"):
        for classes in re.findall(r'class="([a-z0-9 -]+)"', path.read_text()):
            assert set(classes.split()) <= known, path


async def test_nothing_of_a_card_is_kept_or_logged(world: World, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither number nor code, in no table, no event, no log; the secret of a checkout is cut out of the log."""
    made = await _create(api)
    browser = await _opened(world, made)
    await browser.submit("/checkout/", action="pay", **ADA, **{**CARD, "card_number": "4000000000000002"})
    await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    await browser.open(f"/checkout/{made['client_secret']}")
    await browser.http.post(f"/checkout/{made['client_secret']}", data={"csrf": "wrong", **CARD, "card_cvc": "a code"})
    logged = "".join(capsys.readouterr())
    assert "form_refused" in logged
    assert "a code" not in logged
    assert made["client_secret"] not in str(logs.redact(None, "", {"path": browser.page.url.path}))
    async with world.server.database.read() as tx:
        for table in ("checkouts", "payment_methods", "orders", "events", "customers"):
            rows = str([list(row) for row in await tx.all(Statement(f"SELECT * FROM {table}"))])
            assert "4242424242424242" not in rows.replace(" ", "")


async def test_many_tries_are_too_many(world: World, api: Api) -> None:
    """Payments from one address are limited to a few an hour, for the API and the page together; looks are not."""
    made = await _create(api)
    browser = await _opened(world, made)
    path = f"/v1/checkouts/client/{made['client_secret']}/confirm"
    declined = {"confirmation_token_id": "test_declined", "customer_email": "ada@example.com"}
    limit = world.server.settings.rate_limit_confirmation
    for _ in range(limit - 1):
        assert (await browser.http.post(path, json=declined)).status_code == 400
    page = await browser.submit("/checkout/", action="pay", **ADA, **{**CARD, "card_number": "4000000000000002"})
    assert page.status_code == 400
    page = await browser.submit("/checkout/", action="pay", **ADA, **CARD)
    assert (page.status_code, "tried too often" in _text(page)) == (429, True)
    refused = await browser.http.post(path, json=declined)
    assert (refused.status_code, refused.json()["error"]) == (429, "RateLimitExceeded")
    assert int(refused.headers["retry-after"]) > 3000
    other = await world.http.post(path, json=declined)
    assert other.status_code == 429, "and those at one checkout, wherever they come from"
    assert (await browser.open(f"/checkout/{made['client_secret']}")).status_code == 200


async def test_looks_are_limited_too(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """By address, on the page and at the API together, with the seconds to wait."""
    made = await _create(api)
    monkeypatch.setitem(world.server.rate_limits._of_visitors, "checkout", Quota("checkout", 2))
    browser = await _opened(world, made)
    path = f"/v1/checkouts/client/{made['client_secret']}"
    assert (await browser.http.get(path)).status_code == 200
    page = await browser.open(f"/checkout/{made['client_secret']}")
    assert (page.status_code, "Too many requests" in _text(page)) == (429, True)
    refused = await browser.http.get(path)
    assert refused.json()["error"] == "RateLimitExceeded"
    for answer in (page, refused):
        assert int(answer.headers["retry-after"]) > 3000
        assert answer.headers["ratelimit-policy"] == '"checkout";q=2;w=3600'
    assert (await world.http.get(path)).status_code == 200, "another address has its own"
