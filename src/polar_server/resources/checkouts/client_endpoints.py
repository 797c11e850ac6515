"""`/v1/checkouts/client/{client_secret}`: for the customer, whose only credential is the secret."""

import json
from typing import Any

from litestar import Request, get, patch, post
from litestar.params import FromPath

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.database import Row
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.events import record_event
from polar_server.resources.checkouts import queries
from polar_server.resources.checkouts.answers import checkouts_of, confirmed_from, organization_of, public_of, status_of
from polar_server.resources.checkouts.confirming import card_from_token, confirm
from polar_server.resources.checkouts.editing import changed_columns, columns_of, require_open
from polar_server.resources.checkouts.finding import find_open_to
from polar_server.resources.checkouts.refusals import ExpiredCheckoutError, PaymentError
from polar_server.resources.checkouts.schemas import (
    CheckoutConfirm,
    CheckoutPublic,
    CheckoutPublicConfirmed,
    CheckoutUpdatePublic,
)
from polar_server.resources.checkouts.throttling import count_look, count_payment

_ONE = "/v1/checkouts/client/{client_secret:str}"


@get(_ONE, scopes=[])
async def get_checkout_of_client(
    request: Request[Any, Any, Any], client_secret: FromPath[str], server: GivenServer
) -> CheckoutPublic:
    """A checkout as its customer sees it."""
    await count_look(request, server)
    row, now = await find_open_to(server, client_secret), int(server.clock())
    if status_of(row, now) == "expired":
        raise ExpiredCheckoutError("This checkout has expired. Ask for a new one.")
    async with server.database.read() as tx:
        return await public_of(tx, row, organization_of(row), server, now)


@patch(_ONE, scopes=[])
async def update_checkout_of_client(
    request: Request[Any, Any, Any], client_secret: FromPath[str], server: GivenServer
) -> CheckoutPublic:
    """Choose a product or an amount, and say who buys."""
    await count_look(request, server)
    row = await find_open_to(server, client_secret)
    changed = await update_as_customer(server, row, await read_body(request, CheckoutUpdatePublic))
    async with server.database.read() as tx:
        return await public_of(tx, changed, organization_of(row), server, int(server.clock()))


@post(f"{_ONE}/confirm", scopes=[], status_code=200)
async def confirm_checkout_of_client(
    request: Request[Any, Any, Any], client_secret: FromPath[str], server: GivenServer
) -> CheckoutPublicConfirmed:
    """Buy, with the token of a card where there is something to pay.

    When the bank asks its customer first, the answer says where that happens: see `payment_processor_metadata`.
    """
    row, now = await find_open_to(server, client_secret), int(server.clock())
    await count_payment(request, server, row["id"])
    sent = await read_body(request, CheckoutConfirm)
    token = sent.confirmation_token_id
    done = await confirm(server, row, sent, card_from_token(token, now) if token else None, now)
    if isinstance(done.outcome, payments.Declined):
        raise PaymentError(done.outcome.message)
    return confirmed_from(done.members, organization_of(row))


async def update_as_customer(server: AuthorizationServer, row: Row, sent: CheckoutUpdatePublic) -> Row:
    """Change an open checkout; its row. Raises RequestValidationError and the refusals of `require_open`."""
    now, reach = int(server.clock()), json.dumps([row["organization_id"]])
    async with server.database.write() as tx:
        current = await queries.lock_checkout(tx, row["id"], reach)
        assert current is not None, "a checkout is never deleted"
        require_open(current, now)
        columns = await changed_columns(tx, current, sent)
        if columns == columns_of(current):
            return current
        await queries.save_checkout(tx, current, columns, now)
        changed = await queries.find_checkout(tx, row["id"], reach)
        assert changed is not None, "it is held"
        shown = (await checkouts_of(tx, [changed], reach, server, now))[0]
        await record_event(tx, row["organization_id"], "checkout.updated", shown, now)
    return changed


routes = [get_checkout_of_client, update_checkout_of_client, confirm_checkout_of_client]
