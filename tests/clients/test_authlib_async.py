"""Authlib's asynchronous client for httpx."""

from typing import Any

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.people import Person
from polar_server.authorization_server.clients import CreatedClient

from .conftest import REDIRECT_URI
from .id_tokens import verified

SCOPE = "openid profile email"


@pytest.fixture(params=["client_secret_basic", "client_secret_post", "none"])
def method(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def made(running_server: Server, method: str) -> CreatedClient:
    return running_server.client(REDIRECT_URI, token_endpoint_auth_method=method)


async def test_whole_life_of_a_token(
    made: CreatedClient, method: str, metadata: Any, visitor: Visitor, person: Person
) -> None:
    """The asynchronous client signs in, checks, refreshes and revokes as the other one does."""
    async with AsyncOAuth2Client(
        made.client_id,
        made.client_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
    ) as client:
        verifier = generate_token(48)
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce="abc"
        )
        answer = visitor.authorize(url, person.email)
        token = await client.fetch_token(
            metadata["token_endpoint"], authorization_response=answer.url, state=state, code_verifier=verifier
        )
        assert verified(token["id_token"], metadata, made.client_id, "RS256")["sub"] == person.id
        assert (await client.get(metadata["userinfo_endpoint"])).json()["email"] == person.email

        refreshed = await client.refresh_token(metadata["token_endpoint"])
        assert refreshed["refresh_token"] != token["refresh_token"]
        if method != "none":
            about = await client.introspect_token(metadata["introspection_endpoint"], refreshed["access_token"])
            assert about.json()["sub"] == person.id

        await client.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"])
        assert (await client.get(metadata["userinfo_endpoint"])).status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(metadata["token_endpoint"], refresh_token=refreshed["refresh_token"])
