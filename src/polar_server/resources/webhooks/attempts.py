"""One attempt: sign the body, send it, and say what came of it."""

from dataclasses import dataclass

import structlog

from polar_server.database import Row
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.outbound import Answer, Outbound, Refused, Unreachable
from polar_server.resources.webhooks.formats import body_of
from polar_server.resources.webhooks.signatures import open_secret, sign

KEPT = 2048
"""Characters of an answer that are kept."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `http_code` is None when no answer came, and `response` says why."""

    succeeded: bool
    http_code: int | None
    response: str


async def attempt(outbound: Outbound, server_keys: ServerKeys, message: Row, now: int) -> Outcome:
    """Send a message, signed for this second."""
    body = body_of(message)
    if body is None:
        return Outcome(False, None, "The event was archived before it could be sent.")
    try:
        headers = _headers(server_keys, message, body, now)
        return _outcome(await outbound.post(message["url"], body.encode(), headers))
    except (Refused, Unreachable) as error:
        return Outcome(False, None, str(error)[:KEPT])
    except SealBroken:
        log.exception("webhook_secret_unreadable", endpoint_id=message["endpoint_id"])
        return Outcome(False, None, "The secret cannot be read here. Set a new one.")


def _headers(server_keys: ServerKeys, message: Row, body: str, now: int) -> dict[str, str]:
    secret = open_secret(server_keys, message["endpoint_id"], message["secret"])
    return {
        "content-type": "application/json",
        "user-agent": "polar.sh webhooks",
        "webhook-id": message["id"],
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, message["id"], now, body),
    }


def _outcome(answer: Answer) -> Outcome:
    # A redirect is a failure: following it would send the event where nobody asked for it.
    text = answer.body[: KEPT * 4].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Outcome(200 <= answer.status < 300, answer.status, text[:KEPT])
