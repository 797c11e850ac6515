"""Signed URLs of this server."""

import dataclasses
from urllib.parse import parse_qsl

import pytest

from polar_server.oauth.server_keys import ServerKeys
from polar_server.storage.signed_urls import Permission, Signer

NOW = 1_800_000_000
OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PERMISSION = Permission("PUT", "the-key", NOW + 60, 2, 1000, "checksum=", "attachment", "image/png")


def _read(query: dict[str, str], *, now: int = NOW, part: int = 2, method: str = "PUT") -> Permission | None:
    return Signer(ServerKeys([OLD])).read(method, "the-key", query, now, part)


@pytest.fixture
def query() -> dict[str, str]:
    return dict(parse_qsl(Signer(ServerKeys([OLD])).query(PERMISSION)))


def test_a_permission_is_read_as_it_was_given(query: dict[str, str]) -> None:
    """Everything that a URL allows comes back from it."""
    assert _read(query) == PERMISSION


@pytest.mark.parametrize("name", ["expires", "length", "checksum", "disposition", "type", "key", "signature"])
def test_no_member_can_be_changed(query: dict[str, str], name: str) -> None:
    """A URL with any other value, without one, or with nonsense, allows nothing."""
    for value in (query[name] + "1", "", "é\udc80", "-1"):
        assert _read({**query, name: value}) is None
    assert _read({other: query[other] for other in query if other != name}) is None


def test_it_is_for_one_method_and_one_part_and_a_time(query: dict[str, str]) -> None:
    """The same query at another method or part, or in its last second, allows nothing."""
    assert _read(query, method="GET") is None
    assert _read(query, part=1) is None
    assert _read(query, now=NOW + 59) == PERMISSION
    assert _read(query, now=NOW + 60) is None


def test_an_older_server_key_still_counts(query: dict[str, str]) -> None:
    """A URL that was signed before a rotation of the server key works until the old key is taken away."""
    assert Signer(ServerKeys([NEW, OLD])).read("PUT", "the-key", query, NOW, 2) == PERMISSION
    assert Signer(ServerKeys([NEW])).read("PUT", "the-key", query, NOW, 2) is None


def test_members_cannot_flow_into_one_another() -> None:
    """Two different permissions never have the same text to be signed."""
    moved = dataclasses.replace(PERMISSION, disposition="", type="attachment")
    assert moved.text != PERMISSION.text
