"""Calls polar-sdk 0.x in its own environment: a call comes in as a line of JSON, its result goes out as one."""

import json
import sys
from functools import cache
from typing import Any

from polar_sdk import Polar, models  # type: ignore[import-not-found]
from polar_sdk.webhooks import validate_event  # type: ignore[import-not-found]
from standardwebhooks import Webhook  # type: ignore[import-not-found]

NAMES = {("organizations", "list"): "list_organizations"}
"""Methods that have another name than in 1.x."""

BODIES = {
    ("organizations", "update"): "organization_update",
    ("products", "update"): "product_update",
    ("products", "update_benefits"): "product_benefits_update",
    ("benefits", "update"): "request_body",
    ("webhooks", "update_webhook_endpoint"): "webhook_endpoint_update",
    ("customers", "update"): "customer_update",
    ("customers", "update_external"): "customer_update_external_id",
    ("files", "update"): "file_patch",
    ("license_keys", "update"): "license_key_update",
    ("orders", "update"): "order_update",
    ("orders", "finalize"): "order_finalize",
    ("subscriptions", "update"): "subscription_update",
    ("files", "uploaded"): "file_upload_completed",
    ("checkouts", "update"): "checkout_update",
    ("checkouts", "client_update"): "checkout_update_public",
    ("checkouts", "client_confirm"): "checkout_confirm_stripe",
}
"""The parameter that takes the body; for a new thing it is `request`."""


@cache
def client(token: str, server: str) -> Any:
    """The library's client."""
    return Polar(access_token=token, server_url=server)


def call(order: dict[str, Any]) -> Any:
    """The result of the method; `pages` walks through `next()`."""
    resource, do = order["resource"], order["do"]
    if do == "validate_event":
        message = order["arguments"]["message"]
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        return validate_event(**message)
    pages = do == "pages"
    name = NAMES.get((resource, "list" if pages else do), "list" if pages else do)
    arguments = dict(order["arguments"])
    if order["body"] is not None:
        arguments[BODIES.get((resource, do), "request")] = written(order["body"])
    headers = {"Polar-Organization": order["organization_id"]} if order["organization_id"] else None
    polar = client(order["token"], order["server"])
    result = getattr(getattr(polar, resource), name)(**arguments, http_headers=headers)
    return walked(result) if pages else getattr(result, "result", result)


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The body, with models for prices that are kept: the library does not take `{"id": ...}` for one."""
    if "prices" not in body:
        return body
    prices = [models.ExistingProductPrice(**price) if "id" in price else price for price in body["prices"]]
    return {**body, "prices": prices}


def walked(page: Any) -> list[Any]:
    """The items of this page and of those that follow."""
    items: list[Any] = []
    while page is not None:
        items += page.result.items
        page = page.next()
    return items


def refusal(error: Exception) -> dict[str, Any]:
    """What a caller catches: the class, and what it carries."""
    return {
        "kind": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "body": getattr(error, "data", str(error)),
        "retry_after": _retry_after(error),
    }


def _retry_after(error: Exception) -> int | None:
    """0.x leaves this to its caller: every error of an answer carries the headers."""
    seconds = getattr(error, "headers", {}).get("retry-after")
    return None if seconds is None else int(seconds)


def shown(value: Any) -> Any:
    """What JSON cannot say itself: the models of the library are pydantic's."""
    return value.model_dump(mode="json", by_alias=True) if hasattr(value, "model_dump") else str(value)


def main() -> None:
    """Answer each line, until there are no more."""
    for line in sys.stdin:
        try:
            answer = {"value": call(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whatever the library raises is the result
            answer = {"error": refusal(error)}
        sys.stdout.write(json.dumps(answer, default=shown) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
