"""What can be done with webhooks. Each is one transaction: the change and its entry of the audit log.

The URL of an endpoint can be a secret of its receiver, so the log names the endpoint alone.
"""

import json
import os
from typing import Any
from uuid import uuid4

from msgspec import UNSET

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.outbound import Outbound, Refused
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names
from polar_server.resource_server.errors import ApiError, ResourceNotFound, invalid
from polar_server.resource_server.events import EventType, announce
from polar_server.resource_server.versions import VERSIONS
from polar_server.resources.webhooks import queries, samples
from polar_server.resources.webhooks.access import WRITE
from polar_server.resources.webhooks.answers import endpoint_of
from polar_server.resources.webhooks.schedule import HELD
from polar_server.resources.webhooks.schemas import WebhookEndpoint, WebhookEndpointCreate, WebhookEndpointUpdate
from polar_server.resources.webhooks.signatures import SECRET_BYTES, new_secret, seal_secret

_CHANGEABLE = ("url", "name", "format", "api_version")


class WebhookEndpointDisabled(ApiError):
    """Nothing is sent to the endpoint. Enable it first."""

    status = 409


async def create_endpoint(
    server: AuthorizationServer,
    outbound: Outbound,
    caller: Caller,
    sent: WebhookEndpointCreate,
    endpoint_id: str | None = None,
) -> WebhookEndpoint:
    """Create an endpoint. Raises RequestValidationError, NotPermitted; UniqueViolation when the id is taken."""
    organization_id, now = caller.organization_for(sent.organization_id, WRITE), int(server.clock())
    await _check_url(outbound, sent.url)
    endpoint_id = endpoint_id or str(uuid4())
    columns = {
        "id": endpoint_id,
        "organization_id": organization_id,
        "url": sent.url,
        "name": sent.name,
        "format": sent.format,
        "api_version": sent.api_version or VERSIONS[0],
        "secret": seal_secret(server.server_keys, endpoint_id, sent.secret or new_secret(os.urandom(SECRET_BYTES))),
        "events": json.dumps(list(dict.fromkeys(sent.events))),
    }
    async with server.database.write() as tx:
        await queries.add_endpoint(tx, **columns, now=now)
        return await _told(tx, server, caller, "webhook_endpoint.created", endpoint_id, now)


async def update_endpoint(
    server: AuthorizationServer, outbound: Outbound, caller: Caller, endpoint_id: str, sent: WebhookEndpointUpdate
) -> WebhookEndpoint:
    """Change what is sent. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    if sent.url is not None:
        await _check_url(outbound, sent.url)
    async with server.database.write() as tx:
        current = await _writable(tx, endpoint_id, caller)
        place = {"id": endpoint_id, "organization_id": current["organization_id"], "now": now}
        await queries.update_endpoint(tx, **place, **_changed(current, sent))
        if sent.enabled is False:
            await queries.skip_pending(tx, endpoint_id, current["organization_id"], now)
        changed = sent_names(sent)
        return await _told(tx, server, caller, "webhook_endpoint.updated", endpoint_id, now, changed=changed)


async def reset_secret(server: AuthorizationServer, caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """Give an endpoint a new secret. Raises ResourceNotFound, NotPermitted."""
    sealed = seal_secret(server.server_keys, endpoint_id, new_secret(os.urandom(SECRET_BYTES)))
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _writable(tx, endpoint_id, caller)
        await queries.replace_secret(tx, endpoint_id, current["organization_id"], sealed, now)
        return await _told(tx, server, caller, "webhook_endpoint.secret_reset", endpoint_id, now)


async def delete_endpoint(server: AuthorizationServer, caller: Caller, endpoint_id: str) -> None:
    """Delete an endpoint with everything that waits for it. Raises ResourceNotFound, NotPermitted."""
    async with server.database.write() as tx:
        current = await _writable(tx, endpoint_id, caller)
        organization_id, gone = current["organization_id"], Target(endpoint_id, current["name"])
        await queries.delete_endpoint(tx, endpoint_id, organization_id)
        await record_act(tx, caller, "webhook_endpoint.deleted", organization_id, gone, int(server.clock()))


async def send_test(server: AuthorizationServer, caller: Caller, endpoint_id: str, event_type: EventType) -> str:
    """Send an event that did not happen to one endpoint, once; the message's id.

    Raises ResourceNotFound, NotPermitted, WebhookEndpointDisabled.
    """
    now, message_id = int(server.clock()), ordered_id()
    async with server.database.write() as tx:
        endpoint = await _writable(tx, endpoint_id, caller)
        if not endpoint["enabled"]:
            raise WebhookEndpointDisabled("The endpoint is disabled. Enable it, then try again.")
        organization_id, target = endpoint["organization_id"], Target(endpoint_id, endpoint["name"])
        payload = samples.payload_of(event_type, organization_id, now)
        await queries.add_test(tx, message_id, endpoint, event_type, payload, now)
        await record_act(tx, caller, "webhook_endpoint.tested", organization_id, target, now, event=event_type)
        announce()
    return message_id


async def redeliver(server: AuthorizationServer, caller: Caller, event_id: str) -> None:
    """Send an event once more. Raises ResourceNotFound, NotPermitted, WebhookEndpointDisabled."""
    now = int(server.clock())
    async with server.database.write() as tx:
        event = await queries.find_event(tx, event_id, caller.reach())
        if event is None:
            raise ResourceNotFound
        caller.require(event["organization_id"], WRITE)
        if event["is_archived"]:
            raise ResourceNotFound("The event was archived, and its payload is gone.")
        if not event["enabled"]:
            raise WebhookEndpointDisabled("The endpoint is disabled. Enable it, then ask again.")
        await queries.redeliver(tx, event, ordered_id(), now + HELD, now)
        facts = {"endpoint_id": event["endpoint_id"]}
        target = Target(event_id, None)
        await record_act(tx, caller, "webhook_event.redelivered", event["organization_id"], target, now, **facts)
        announce()


async def found(tx: Transaction, endpoint_id: str, caller: Caller) -> Row:
    """The endpoint. Raises ResourceNotFound."""
    row = await queries.find_endpoint(tx, endpoint_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    return row


async def _writable(tx: Transaction, endpoint_id: str, caller: Caller) -> Row:
    """The endpoint, for a change that the person's role must allow."""
    row = await found(tx, endpoint_id, caller)
    caller.require(row["organization_id"], WRITE)
    return row


async def _told(
    tx: Transaction, server: AuthorizationServer, caller: Caller, act: str, endpoint_id: str, now: int, **detail: Any
) -> WebhookEndpoint:
    endpoint = endpoint_of(await found(tx, endpoint_id, caller), server.server_keys)
    await record_act(tx, caller, act, endpoint.organization_id, endpoint, now, **detail)
    return endpoint


async def _check_url(outbound: Outbound, url: str) -> None:
    try:
        await outbound.check(url)
    except Refused as error:
        raise invalid("url", str(error), "url", url) from error


def _changed(current: Row, sent: WebhookEndpointUpdate) -> dict[str, Any]:
    columns = {name: current[name] for name in _CHANGEABLE}
    # The published clients send null for what they do not change; only a name can really be none.
    columns |= {name: value for name in _CHANGEABLE if (value := getattr(sent, name)) not in (None, UNSET)}
    if sent.name is None:
        columns["name"] = None
    events = current["events"] if sent.events is None else json.dumps(list(dict.fromkeys(sent.events)))
    enabled = bool(current["enabled"]) if sent.enabled is None else sent.enabled
    return {**columns, "events": events, "enabled": enabled}
