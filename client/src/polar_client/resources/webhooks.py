"""Webhook endpoints and what was delivered to them. `polar_client.webhooks` checks what arrives there."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Paging
from polar_client.shapes import Thing

Format: TypeAlias = Literal["raw", "discord", "slack"]

_ENDPOINT = "/v1/webhooks/endpoints/{endpoint_id}"


class EndpointFilters(Paging, total=False):
    """Which endpoints."""

    organization_id: Maybe[Many | None]


class DeliveryFilters(Paging, total=False):
    """Which deliveries. `query` is a part of the event's id or payload."""

    organization_id: Maybe[Many | None]
    endpoint_id: Maybe[Many | None]
    event_type: Maybe[Many | None]
    start_timestamp: Maybe[datetime | None]
    end_timestamp: Maybe[datetime | None]
    succeeded: Maybe[bool | None]
    http_code_class: Maybe[Literal["2xx", "3xx", "4xx", "5xx"] | None]
    query: Maybe[str | None]


class EndpointUpdate(TypedDict, total=False):
    """What to change. Only a name can be emptied."""

    url: Maybe[str]
    format: Maybe[Format]
    events: Maybe[Sequence[str]]
    name: Maybe[str | None]
    api_version: Maybe[str]
    enabled: Maybe[bool]


class EndpointCreate(TypedDict, total=False):
    """A new endpoint. Its secret is made by the server unless one is given."""

    url: Required[str]
    format: Required[Format]
    events: Required[Sequence[str]]
    name: Maybe[str | None]
    organization_id: Maybe[str | None]
    api_version: Maybe[str | None]
    secret: Maybe[str | None]


class WebhookEndpoint(Thing, kw_only=True):
    """Where events are sent, and the secret that signs them."""

    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})

    url: str
    name: str | None = None
    format: str
    api_version: str
    secret: str
    organization_id: str
    events: list[str]
    enabled: bool


class SentEvent(Thing, kw_only=True):
    """An event on its way to one endpoint. `succeeded` is None before the first attempt."""

    type: str
    payload: str | None = None
    last_http_code: int | None = None
    succeeded: bool | None = None
    skipped: bool = False
    is_archived: bool = False
    api_version: str


class WebhookDelivery(Thing, kw_only=True):
    """One attempt. `http_code` is None when no answer came; then `response` says why."""

    succeeded: bool
    http_code: int | None = None
    response: str | None = None
    webhook_event: SentEvent


class Webhooks(Resource[Way]):
    """`/v1/webhooks`."""

    @operation
    def list_endpoints(self, **filters: Unpack[EndpointFilters]) -> Call[Page[WebhookEndpoint]]:
        """The endpoints of the token's organizations."""
        return Call("GET", "/v1/webhooks/endpoints", Page[WebhookEndpoint], query=filters)

    iter_endpoints = every(list_endpoints)

    @operation
    def create_endpoint(self, **body: Unpack[EndpointCreate]) -> Call[WebhookEndpoint]:
        """A new endpoint. Keep its secret where the URL is served."""
        return Call("POST", "/v1/webhooks/endpoints", WebhookEndpoint, body=sent(body))

    @operation
    def get_endpoint(self, endpoint_id: str) -> Call[WebhookEndpoint]:
        """One endpoint."""
        return Call("GET", _ENDPOINT, WebhookEndpoint, (endpoint_id,))

    @operation
    def update_endpoint(self, endpoint_id: str, **body: Unpack[EndpointUpdate]) -> Call[WebhookEndpoint]:
        """Change what is named."""
        return Call("PATCH", _ENDPOINT, WebhookEndpoint, (endpoint_id,), body=sent(body))

    @operation
    def reset_endpoint_secret(self, endpoint_id: str) -> Call[WebhookEndpoint]:
        """Make a new secret. The old one signs nothing any more."""
        return Call("PATCH", _ENDPOINT + "/secret", WebhookEndpoint, (endpoint_id,))

    @operation
    def delete_endpoint(self, endpoint_id: str) -> Call[None]:
        """Delete an endpoint."""
        return Call("DELETE", _ENDPOINT, None, (endpoint_id,))

    @operation
    def list_deliveries(self, **filters: Unpack[DeliveryFilters]) -> Call[Page[WebhookDelivery]]:
        """Every attempt, newest first."""
        return Call("GET", "/v1/webhooks/deliveries", Page[WebhookDelivery], query=filters)

    iter_deliveries = every(list_deliveries)

    @operation
    def redeliver(self, event_id: str) -> Call[None]:
        """Send an event once more."""
        return Call("POST", "/v1/webhooks/events/{event_id}/redeliver", None, (event_id,))
