"""The shapes of webhooks: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.events import EventType

Format = Literal["raw", "discord", "slack"]
ApiVersion = Literal["2026-04", "2026-10", "2027-01"]
HttpCodeClass = Literal["2xx", "3xx", "4xx", "5xx"]

Url = Annotated[str, Meta(min_length=1, max_length=2083, description="An https URL at a public host.")]
Name = Annotated[str, Meta(max_length=256, description="A name for people.")]
EventTypes = Annotated[list[EventType], Meta(max_length=100, description="The types of events that are sent.")]
Secret = Annotated[str, Meta(min_length=32, max_length=256, pattern="^[!-~]*$")]


class WebhookEndpointCreate(Struct):
    """A new endpoint. Its secret is made by the server unless one is given."""

    url: Url
    format: Format
    events: EventTypes
    name: Name | None = None
    organization_id: str | UnsetType | None = UNSET
    api_version: ApiVersion | None = None
    secret: Secret | None = None


class WebhookEndpointUpdate(Struct):
    """What to change; what is left out stays. Only a name can be removed with null."""

    url: Url | None = None
    format: Format | None = None
    events: EventTypes | None = None
    name: Name | UnsetType | None = UNSET
    api_version: ApiVersion | None = None
    enabled: bool | None = None


class WebhookEndpoint(Struct):
    """Where events are sent."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    url: str
    name: str | None
    format: Format
    api_version: ApiVersion
    secret: str
    organization_id: str
    events: list[EventType]
    enabled: bool
    uses_standard_webhook_signature: bool = True


class WebhookEvent(Struct):
    """An event on its way to one endpoint. `succeeded` is null before the first attempt."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    type: EventType
    payload: str | None
    last_http_code: int | None
    succeeded: bool | None
    skipped: bool
    is_archived: bool
    api_version: ApiVersion


class WebhookDelivery(Struct):
    """One attempt. `http_code` is null when no answer came; then `response` says why."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    succeeded: bool
    http_code: int | None
    response: str | None
    webhook_event: WebhookEvent
