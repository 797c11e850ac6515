"""The hosted page: `/checkout/{client_secret}`, where a person pays, with nothing but forms."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from polar_server import payments
from polar_server.authorization_server.server import GivenServer
from polar_server.html import Page, PageRequest, redirect
from polar_server.html.pages import GivenPages
from polar_server.resource_server.errors import ApiError, RateLimitExceeded, RequestValidationError
from polar_server.resources.checkouts.answers import PATH, success_url_of
from polar_server.resources.checkouts.client_endpoints import update_as_customer
from polar_server.resources.checkouts.confirming import Confirmed, confirm, finish
from polar_server.resources.checkouts.forms import read_typed, read_typed_card, sentences_of, typed_again
from polar_server.resources.checkouts.page_values import bought_of, seller_of
from polar_server.resources.checkouts.refusals import (
    AlreadyActiveSubscriptionError,
    CheckoutLocked,
    ExpiredCheckoutError,
    NotOpenCheckout,
    TrialAlreadyRedeemed,
)
from polar_server.resources.checkouts.schemas import CheckoutUpdatePublic
from polar_server.resources.checkouts.throttling import count_payment
from polar_server.resources.checkouts.visiting import Visit, arrive

_ONE = f"{PATH}/{{client_secret:str}}"
_PAY_AGAIN = "Check what you pay now, then confirm."
_TOO_MANY = "Payment was tried too often from here. Nothing was charged. Wait an hour, then try again."


@get(_ONE, include_in_schema=False)
async def show_checkout(
    request: PageRequest, client_secret: FromPath[str], server: GivenServer, pages: GivenPages
) -> Page:
    """The form of an open checkout; any other one has a page of its own."""
    visit = await arrive(request, server, pages, client_secret)
    if not isinstance(visit, Visit):
        return visit
    return await visit.show_form() if visit.status == "open" else await visit.elsewhere()


@post(_ONE, include_in_schema=False)
async def submit_checkout(
    request: PageRequest, client_secret: FromPath[str], server: GivenServer, pages: GivenPages
) -> Page:
    """Choose another product, or pay."""
    visit = await arrive(request, server, pages, client_secret)
    if not isinstance(visit, Visit):
        return visit
    form = await visit.read_form()
    if visit.status != "open":
        return await visit.elsewhere()
    if form.get("product_id", visit.row["product_id"]) != visit.row["product_id"]:
        return await _choose(visit, form)
    if form.get("action") == "choose":
        return await visit.show_form(form=typed_again(form))
    return await _pay(visit, form)


@get(f"{_ONE}/bank", include_in_schema=False)
async def show_bank(request: PageRequest, client_secret: FromPath[str], server: GivenServer, pages: GivenPages) -> Page:
    """The page that plays the bank, which asks its customer whether to pay."""
    visit = await arrive(request, server, pages, client_secret)
    if not isinstance(visit, Visit):
        return visit
    return await visit.show_bank() if visit.status == "confirmed" else await visit.elsewhere()


@post(f"{_ONE}/bank", include_in_schema=False)
async def answer_bank(
    request: PageRequest, client_secret: FromPath[str], server: GivenServer, pages: GivenPages
) -> Page:
    """What the bank's customer decided."""
    visit = await arrive(request, server, pages, client_secret)
    if not isinstance(visit, Visit):
        return visit
    form = await visit.read_form()
    try:
        await count_payment(request, server, visit.row["id"])
        done = await finish(server, visit.row, visit.now, approved=form.get("action") == "approve")
    except ApiError as refused:
        return await _refused(visit, refused, {})
    return await _done(visit, done, {})


@get(f"{_ONE}/confirmation", include_in_schema=False)
async def show_confirmation(
    request: PageRequest, client_secret: FromPath[str], server: GivenServer, pages: GivenPages
) -> Page:
    """What was bought and what it gives, or the place where the organization wants its customers then."""
    visit = await arrive(request, server, pages, client_secret)
    if not isinstance(visit, Visit):
        return visit
    if visit.status != "succeeded":
        return await visit.elsewhere()
    if visit.row["success_url"] is not None:
        return redirect(success_url_of(visit.row, visit.path))
    async with server.database.read() as tx:
        seller, bought = await seller_of(tx, visit.row), await bought_of(tx, server, visit.row, visit.now)
    return await visit.render("confirmation", seller, bought=bought)


async def _choose(visit: Visit, form: dict[str, str]) -> Page:
    """Another product: nothing is paid before its price has been seen."""
    try:
        chosen = CheckoutUpdatePublic(product_id=form["product_id"])
        row = await update_as_customer(visit.server, visit.row, chosen)
    except ApiError as refused:
        return await _refused(visit, refused, form)
    notice = None if form.get("action") == "choose" else _PAY_AGAIN
    typed = {name: text for name, text in typed_again(form).items() if name != "amount"}
    return await visit.at(row).show_form(form=typed, notice=notice)


async def _pay(visit: Visit, form: dict[str, str]) -> Page:
    values = await visit.form_values()
    asked = visit.asked(values)
    sent, errors = read_typed(form, asked)
    # Somebody who pays nothing needs no card, and who types an amount decides that right here.
    needs_card = asked.is_card_required if not isinstance(sent.amount, int) else sent.amount > 0
    card, wrong = read_typed_card(form, visit.now) if needs_card else (None, {})
    if errors | wrong:
        return await visit.show_form(422, form=typed_again(form), errors=errors | wrong)
    try:
        await count_payment(visit.request, visit.server, visit.row["id"])
        done = await confirm(visit.server, visit.row, sent, card, visit.now)
    except ApiError as refused:
        return await _refused(visit, refused, form)
    return await _done(visit, done, form)


async def _done(visit: Visit, done: Confirmed, form: dict[str, str]) -> Page:
    match done.outcome:
        case payments.Paid():
            return redirect(f"{visit.path}/confirmation")
        case payments.ActionRequired():
            return redirect(f"{visit.path}/bank")
        case payments.Declined(message=message):
            again: dict[str, Any] = {"form": typed_again(form)} if form else {}
            return await visit.at(done.row).show_form(400, errors={"form": message}, **again)


async def _refused(visit: Visit, refused: ApiError, form: dict[str, str]) -> Page:
    """The page after a refusal, with everything that was typed."""
    again: dict[str, Any] = {"form": typed_again(form)} if form else {}
    match refused:
        case RequestValidationError():
            return await visit.show_form(422, errors=sentences_of(refused), **again)
        case TrialAlreadyRedeemed():
            row = await update_as_customer(visit.server, visit.row, CheckoutUpdatePublic(allow_trial=False))
            errors = {"form": f"{refused.detail} {_PAY_AGAIN}"}
            return await visit.at(row).show_form(refused.status, errors=errors, **again)
        case NotOpenCheckout() | CheckoutLocked() | ExpiredCheckoutError():
            return await visit.elsewhere(await visit.fresh())
        case RateLimitExceeded():
            return await visit.show_form(429, errors={"form": _TOO_MANY}, **again)
        case AlreadyActiveSubscriptionError():
            words = f"{refused.detail} You do not need a second one."
            return await visit.show_form(refused.status, errors={"form": words}, **again)
    return await visit.show_form(refused.status, errors={"form": refused.detail}, **again)


routes = [show_checkout, submit_checkout, show_bank, answer_bank, show_confirmation]
