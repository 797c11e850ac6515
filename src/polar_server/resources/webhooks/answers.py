"""Rows of webhooks as the API shows them."""

import json

from polar_server.database import Row
from polar_server.oauth.server_keys import ServerKeys
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.webhooks.formats import body_of
from polar_server.resources.webhooks.schemas import WebhookDelivery, WebhookEndpoint, WebhookEvent
from polar_server.resources.webhooks.signatures import open_secret


def endpoint_of(row: Row, server_keys: ServerKeys) -> WebhookEndpoint:
    """An endpoint with its secret in clear: the published clients read it from every answer."""
    return WebhookEndpoint(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        url=row["url"],
        name=row["name"],
        format=row["format"],
        api_version=row["api_version"],
        secret=open_secret(server_keys, row["id"], row["secret"]),
        organization_id=row["organization_id"],
        events=json.loads(row["events"]),
        enabled=bool(row["enabled"]),
    )


def delivery_of(row: Row) -> WebhookDelivery:
    """An attempt with its event."""
    return WebhookDelivery(
        id=row["delivery_id"],
        created_at=moment(row["delivered_at"]),
        modified_at=None,
        succeeded=bool(row["succeeded"]),
        http_code=row["http_code"],
        response=row["response"],
        webhook_event=_event_of(row),
    )


def _event_of(row: Row) -> WebhookEvent:
    return WebhookEvent(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        type=row["type"],
        payload=body_of(row),
        last_http_code=row["last_http_code"],
        succeeded=row["status"] == "succeeded" if row["attempts"] else None,
        skipped=row["status"] == "skipped",
        is_archived=row["payload"] is None,
        api_version=row["api_version"],
    )
