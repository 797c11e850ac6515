"""An organization access token in the published SDK that people install today."""

import time

import pytest
from tests.servers import Server

from polar_server.audit import Actor
from polar_server.authorization_server import organization_tokens
from polar_server.authorization_server.organization_tokens import read_new

from .libraries import Library, Refused, Sdk


def test_the_sdk_works_with_it(libraries: dict[int, Library], sqlite_server: Server) -> None:
    """It sees its organization, sells for it without naming it, and is refused what it has no scope for."""
    person = sqlite_server.person()
    organization_id = sqlite_server.organization(person).id
    new = read_new("Nightly export", ("organizations:read", "customers:write"), 7)
    token = sqlite_server.write(
        lambda tx: organization_tokens.issue_token(
            tx, sqlite_server.server_keys, new, organization_id, Actor(person.id), int(time.time() * 1000)
        )
    )
    sdk = Sdk(libraries[1], "2026_10", sqlite_server.issuer, token.text)
    (own,) = sdk.call("organizations", "pages")
    assert own["id"] == organization_id
    made = sdk.call("customers", "create", {"email": "ada@example.com"})
    assert made["organization_id"] == organization_id
    assert [found["id"] for found in sdk.call("customers", "pages")] == [made["id"]]
    with pytest.raises(Refused) as refused:
        sdk.call("products", "list")
    assert refused.value.status == 403
