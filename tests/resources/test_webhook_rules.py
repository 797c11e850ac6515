"""What of webhooks needs no database: signatures, formats, the schedule, ids."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from polar_server.database.ordered_ids import ordered_id
from polar_server.resources.webhooks import formats, schedule, signatures

BODY = '{"type":"order.paid"}'


def _signature(key: bytes) -> str:
    signed = hmac.new(key, b"the-id.1800000000." + BODY.encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def test_a_message_has_a_signature_for_each_reading_of_the_secret() -> None:
    """One under the secret as text, one under what follows `whsec_`, decoded (Standard Webhooks)."""
    secret = signatures.new_secret(bytes(range(32)))
    assert secret == "whsec_" + base64.b64encode(bytes(range(32))).decode()
    header = signatures.sign(secret, "the-id", 1_800_000_000, BODY)
    assert header.split() == [_signature(secret.encode()), _signature(bytes(range(32)))]
    own = "an own secret of more than thirty-two characters!"
    assert signatures.sign(own, "the-id", 1_800_000_000, BODY) == _signature(own.encode())
    with pytest.raises(ValueError, match="32 random bytes"):
        signatures.new_secret(b"few")


def test_waits_grow_to_twenty_minutes() -> None:
    """Each wait is twice the one before, spread over its length again; long ones are 10 to 20 minutes."""
    waits = [(schedule.delay(n, 0.0), schedule.delay(n, 1.0)) for n in range(1, schedule.ATTEMPTS)]
    assert waits[:8] == [(4, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]
    assert waits[8] == (1024, 1200)
    assert schedule.delay(9, 0.5) == 900


def _row(format_: str, name: str) -> dict[str, Any]:
    payload = json.dumps({"type": "benefit_grant.created", "timestamp": "t", "data": {"id": "1", "name": name}})
    return {"payload": payload, "format": format_, "api_version": "2026-10"}


def test_formats() -> None:
    """The event with the version that the endpoint chose, or a message for people, in which a name does nothing."""
    raw = json.loads(formats.body_of(_row("raw", "Lamp")) or "")
    assert (list(raw), raw["api_version"]) == (["type", "timestamp", "data", "api_version"], "2026-10")
    discord = json.loads(formats.body_of(_row("discord", "@everyone")) or "")
    assert discord == {"content": "**Benefit grant created**\n@everyone", "allowed_mentions": {"parse": []}}
    slack = json.loads(formats.body_of(_row("slack", "<!channel> & co")) or "")
    assert slack == {"text": "*Benefit grant created*\n&lt;!channel&gt; &amp; co"}
    assert formats.body_of({"payload": None}) is None


def test_ordered_ids_sort_as_they_were_made() -> None:
    """UUIDs of version 7, each greater than the one before, also within a microsecond."""
    ids = [ordered_id() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert {(id_[14], id_[19] in "89ab") for id_ in ids} == {("7", True)}
