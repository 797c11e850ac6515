"""Authlib's client for httpx: the whole life of a token, with each way to authenticate a client."""

import time
from typing import Any

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.people import Person

from .conftest import REDIRECT_URI
from .id_tokens import at_hash, verified

SCOPE = "openid profile email"
METHODS = ("client_secret_basic", "client_secret_post", "none")


def registered(server: Server, method: str = "client_secret_basic", **metadata: Any) -> OAuth2Client:
    """Authlib's client, with credentials of its own."""
    made = server.client(REDIRECT_URI, token_endpoint_auth_method=method, **metadata)
    return OAuth2Client(
        made.client_id,
        made.client_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
    )


def sign_in(client: OAuth2Client, metadata: Any, visitor: Visitor, person: Person, **parameters: str) -> Any:
    """Bring the person through the server, and exchange the code."""
    verifier = generate_token(48)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, **parameters
    )
    answer = visitor.authorize(url, person.email)
    return client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer.url, state=state, code_verifier=verifier
    )


@pytest.mark.parametrize("method", METHODS)
def test_whole_life_of_a_token(
    running_server: Server, metadata: Any, visitor: Visitor, person: Person, method: str
) -> None:
    """A person signs in; the token opens userinfo, is refreshed, and is dead everywhere once revoked."""
    with registered(running_server, method) as client:
        token = sign_in(client, metadata, visitor, person)
        assert token["token_type"] == "Bearer"
        assert token["scope"] == SCOPE
        assert 3590 < token["expires_in"] <= 3600
        claims = client.get(metadata["userinfo_endpoint"]).json()
        assert claims == {"sub": person.id, "name": person.name, "email": person.email, "email_verified": True}

        refreshed = client.refresh_token(metadata["token_endpoint"])
        assert refreshed["access_token"] != token["access_token"]
        assert refreshed["refresh_token"] != token["refresh_token"]
        assert client.get(metadata["userinfo_endpoint"]).json() == claims

        answer = client.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"])
        assert (answer.status_code, answer.json()) == (200, {})
        assert client.get(metadata["userinfo_endpoint"]).status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(metadata["token_endpoint"], refresh_token=refreshed["refresh_token"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_introspection(running_server: Server, metadata: Any, visitor: Visitor, person: Person, method: str) -> None:
    """A client with a secret asks about both of its tokens, and about a revoked one."""
    with registered(running_server, method) as client:
        token = sign_in(client, metadata, visitor, person)

        def introspect(kind: str) -> Any:
            return client.introspect_token(metadata["introspection_endpoint"], token[kind], kind).json()

        access = introspect("access_token")
        assert access["active"] is True
        assert access["token_type"] == "access_token"
        assert (access["sub"], access["sub_type"]) == (person.id, "user")
        assert access["scope"] == SCOPE
        assert access["client_id"] == client.client_id
        assert access["iss"] == running_server.issuer
        assert access["exp"] - access["iat"] == 3600
        refresh = introspect("refresh_token")
        assert (refresh["active"], refresh["token_type"], "exp" in refresh) == (True, "refresh_token", False)

        client.revoke_token(metadata["revocation_endpoint"], token=token["access_token"])
        assert introspect("access_token") == {"active": False}


def test_introspection_needs_a_secret(running_server: Server, metadata: Any, visitor: Visitor, person: Person) -> None:
    """A public client cannot introspect, not even its own token."""
    with registered(running_server, "none") as client:
        token = sign_in(client, metadata, visitor, person)
        answer = client.introspect_token(metadata["introspection_endpoint"], token["access_token"])
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_id_token(running_server: Server, metadata: Any, visitor: Visitor, person: Person, algorithm: str) -> None:
    """The ID token is signed with the registered algorithm, by a published key, and binds request and access token."""
    with registered(running_server, id_token_signed_response_alg=algorithm) as client:
        before = int(time.time())
        token = sign_in(client, metadata, visitor, person, nonce="n-0S6_WzA2Mj")
        claims = verified(token["id_token"], metadata, client.client_id, algorithm)
    assert claims["sub"] == person.id
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["at_hash"] == at_hash(token["access_token"])
    assert before <= claims["auth_time"] <= claims["iat"]
    assert claims["exp"] == claims["iat"] + 3600


def test_id_token_without_a_nonce(running_server: Server, metadata: Any, visitor: Visitor, person: Person) -> None:
    """Without a nonce in the request the ID token has none, not even null."""
    with registered(running_server) as client:
        token = sign_in(client, metadata, visitor, person)
        assert "nonce" not in verified(token["id_token"], metadata, client.client_id, "RS256")


def test_organization_token(running_server: Server, metadata: Any, visitor: Visitor, person: Person) -> None:
    """A token for an organization names it as subject everywhere, and the person as actor."""
    organization = running_server.organization(person, "Paper Kite")
    with registered(running_server) as client:
        verifier = generate_token(48)
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"],
            code_verifier=verifier,
            sub_type="organization",
            scope="openid profile products:read",
        )
        answer = visitor.authorize(url, person.email, organization_id=organization.id)
        token = client.fetch_token(
            metadata["token_endpoint"], authorization_response=answer.url, state=state, code_verifier=verifier
        )
        subject = {"sub": organization.id, "sub_type": "organization", "act": {"sub": person.id}}
        claims = verified(token["id_token"], metadata, client.client_id, "RS256")
        info = client.get(metadata["userinfo_endpoint"]).json()
        about = client.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()
    assert token["access_token"].startswith("polar_at_o_")
    assert token["refresh_token"].startswith("polar_rt_o_")
    assert claims.items() >= subject.items()
    assert about.items() >= {**subject, "organizations": [organization.id]}.items()
    assert info == {**subject, "name": "Paper Kite"}


def test_code_needs_its_verifier(running_server: Server, metadata: Any, visitor: Visitor, person: Person) -> None:
    """A code is worth nothing to who does not know the verifier of its request, and is not used up by the attempt."""
    with registered(running_server, "none") as client:
        verifier = generate_token(48)
        url, _ = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
        answer = visitor.authorize(url, person.email)
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.fetch_token(
                metadata["token_endpoint"], authorization_response=answer.url, code_verifier=generate_token(48)
            )
        assert client.fetch_token(
            metadata["token_endpoint"], authorization_response=answer.url, code_verifier=verifier
        )["access_token"]


def test_denial_reaches_the_client(running_server: Server, metadata: Any, visitor: Visitor, person: Person) -> None:
    """When the person denies, the client gets access_denied with its state and the issuer."""
    with registered(running_server) as client:
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=generate_token(48)
        )
    parameters = httpx.URL(visitor.authorize(url, person.email, action="deny").url).params
    assert parameters["error"] == "access_denied"
    assert (parameters["state"], parameters["iss"]) == (state, running_server.issuer)
    assert "code" not in parameters


def test_metadata_stands_before_authlib(running_server: Server) -> None:
    """Authlib's own checks of discovery (OpenID Connect) and server metadata (RFC 8414) find nothing to complain of."""
    for path, kind in (
        ("openid-configuration", OpenIDProviderMetadata),
        ("oauth-authorization-server", AuthorizationServerMetadata),
    ):
        answer = httpx.get(f"{running_server.issuer}/.well-known/{path}")
        # They insist on https, which a server on this machine does not have.
        text = answer.text.replace(running_server.issuer, "https://id.example.com")
        kind(httpx.Response(200, text=text).json()).validate()
