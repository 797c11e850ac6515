"""What was typed about a refund or who is billed, as the API takes it, and orders in words."""

from collections.abc import Mapping

from polar_server.dashboard import addresses
from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.resource_server.errors import ApiError, RequestValidationError
from polar_server.resource_server.money import money, read_amount
from polar_server.resources.orders.schemas import Order, OrderUpdate
from polar_server.resources.refunds.schemas import RefundCreate

STATUSES = {
    "paid": ("Paid", "good"),
    "pending": ("Waiting for payment", "warn"),
    "partially_refunded": ("Partly refunded", ""),
    "refunded": ("Refunded", ""),
    "draft": ("Draft", ""),
    "void": ("Void", "bad"),
}
"""What an order is, in words and as the kind of its badge."""

REASONS = {
    "customer_request": "The customer asked for it",
    "duplicate": "It was paid twice",
    "service_disruption": "The service failed",
    "satisfaction_guarantee": "The customer was not satisfied",
    "fraudulent": "It was fraud",
    "other": "Another reason",
}


def billing_of(form: Mapping[str, str], order: Order) -> tuple[OrderUpdate | None, dict[str, str]]:
    """Who is billed from now on, or a sentence for each field that cannot be read."""
    name = form.get("billing_name", "").strip()
    errors = {} if name else {"billing_name": "Enter the name that stands on the invoice."}
    if order.billing_address is None:
        address, wrong = addresses.sent_address(form)
        errors |= wrong
    else:
        address = addresses.sent_elsewhere(form, order.billing_address)
    if errors:
        return None, errors
    try:
        return read_sent({"billing_name": name, "billing_address": address}, OrderUpdate), {}
    except RequestValidationError as refused:
        return None, billing_errors(refused)


def billing_errors(refused: ApiError) -> dict[str, str]:
    """A sentence for each field of who is billed that was refused."""
    return errors_of(refused, ("billing_name", *addresses.FIELDS), billing_address="country")


def refund_of(form: Mapping[str, str], order: Order) -> tuple[RefundCreate | None, dict[str, str]]:
    """The refund that was typed, or a sentence for each field that cannot be read."""
    amount, left = read_amount(form.get("amount", ""), order.currency), order.refundable_amount
    if amount is None:
        return None, {"amount": "Enter an amount such as 12.50."}
    if not 0 < amount <= left:
        return None, {"amount": f"Enter more than nothing, and at most {money(left, order.currency)}."}
    sent = {
        "order_id": order.id,
        "amount": amount,
        "reason": form.get("reason", ""),
        "comment": form.get("comment", "").strip() or None,
        "revoke_benefits": form.get("revoke_benefits") == "true",
    }
    try:
        return read_sent(sent, RefundCreate), {}
    except RequestValidationError as refused:
        return None, errors_of(refused, ("comment", "reason"))
