"""What was typed about a refund, as the API takes it, and orders in words."""

from collections.abc import Mapping

from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.resource_server.errors import RequestValidationError
from polar_server.resource_server.money import money, read_amount
from polar_server.resources.orders.schemas import Order
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
