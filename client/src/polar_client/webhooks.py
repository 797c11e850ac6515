"""Webhooks as they arrive: their signatures checked (Standard Webhooks), their events read."""

import base64
import binascii
import builtins
import hmac
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from polar_client.errors import PolarError

T = TypeVar("T")

TOLERANCE = 300
"""Seconds that a webhook may be old, or that the sender's clock may be ahead of ours."""

_PREFIX = "whsec_"


class WebhookError(PolarError):
    """A webhook that is not to be trusted, or that cannot be read. Answer with 400."""


class WebhookEvent(Struct, kw_only=True):
    """An event. `data` is what the API answers about the thing; `id` is the same in each attempt: keep it to notice
    repetitions.
    """

    type: str
    timestamp: datetime
    data: dict[str, Any]
    api_version: str | None = None
    id: str = ""

    def read(self, kind: builtins.type[T]) -> T:
        """The data as a thing of the API: `event.read(Order)`. Raises WebhookError when it is none."""
        try:
            return msgspec.convert(self.data, kind)
        except msgspec.ValidationError as error:
            raise WebhookError(f"The data of {self.type} is no {kind.__name__}: {error}") from None


def verify(
    body: bytes | str, headers: Mapping[str, str], secret: str, *, now: float | None = None, tolerance: int = TOLERANCE
) -> WebhookEvent:
    """The event of a webhook, if this secret signed it no longer than `tolerance` seconds ago.

    `body` is the request's body as it came: parsed and written again it would be another text. `secret` is that of the
    endpoint, as the API gave it. Raises WebhookError.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at, signatures = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    _check_time(sent_at, time.time() if now is None else now, tolerance)
    _check_signature(f"{message_id}.{sent_at}.".encode() + raw, signatures, secret)
    try:
        event = msgspec.json.decode(raw, type=WebhookEvent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise WebhookError("The body is signed, but it is no event.") from None
    event.id = message_id
    return event


def _check_time(sent_at: str, now: float, tolerance: int) -> None:
    if not (sent_at.isascii() and sent_at.isdigit()) or abs(now - int(sent_at)) > tolerance:
        raise WebhookError("The webhook has no timestamp, or an old one.")


def _check_signature(signed: bytes, signatures: str, secret: str) -> None:
    """Each signature is compared with each key, whatever was found before, so that the time says nothing."""
    found = False
    for key in _keys(secret):
        expected = base64.b64encode(hmac.digest(key, signed, "sha256"))
        for signature in signatures.split(" "):
            version, _, value = signature.partition(",")
            found |= hmac.compare_digest(value.encode(), expected) and version == "v1"
    if not found:
        raise WebhookError("The signature is not one of this secret.")


def _keys(secret: str) -> list[bytes]:
    """The secret as text, and what follows `whsec_` decoded: senders of the two kinds exist, this server is both."""
    if not secret:
        raise ValueError("The secret is empty: anybody could sign with it.")
    encoded = secret.removeprefix(_PREFIX)
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    return [key for key in (secret.encode(), decoded) if key]
