"""The npm packages openid-client and oauth4webapi, strict about what a server answers."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.servers import Server
from tests.visitors import Answer, Visitor

from polar_server.accounts.people import Person
from polar_server.database import Statement

from . import node
from .conftest import REDIRECT_URI

METHODS = ("client_secret_basic", "client_secret_post", "none")


@pytest.fixture
def browse(visitor: Visitor, person: Person) -> Callable[[str], Answer]:
    """The person's browser, which allows what it is asked."""
    return partial(visitor.authorize, email=person.email)


def arguments(server: Server, method: str = "client_secret_basic", **metadata: Any) -> dict[str, Any]:
    """What a scenario is given: the issuer, the credentials of a new client, and what to ask for."""
    made = server.client(REDIRECT_URI, token_endpoint_auth_method=method, **metadata)
    credentials = {"client_id": made.client_id, "client_secret": made.client_secret}
    asked = {"redirect_uri": REDIRECT_URI, "scope": "openid profile email", "parameters": {}}
    return {"issuer": server.issuer, "method": method, "metadata": metadata, **credentials, **asked}


@pytest.mark.parametrize("method", METHODS)
def test_sign_in(running_server: Server, person: Person, browse: Callable[[str], Answer], method: str) -> None:
    """Discovery, code with PKCE, state, nonce and iss, userinfo, refresh and revocation satisfy the client."""
    results = node.run("sign_in.mjs", arguments(running_server, method), browse)
    assert results["claims"]["sub"] == person.id
    assert results["userinfo"] == {
        "sub": person.id,
        "name": person.name,
        "email": person.email,
        "email_verified": True,
    }
    assert results["rotated"]
    assert results["afterwards"] == {"status": 401, "error": "invalid_token"}
    if method != "none":
        assert results["introspection"]["sub"] == person.id
        assert results["revoked"] == {"active": False}


def test_dynamic_registration(running_server: Server, person: Person, browse: Callable[[str], Answer]) -> None:
    """A client that registers itself signs people in with what it got."""
    given = arguments(running_server) | {
        "client_id": None,
        "metadata": {"client_name": "Registered by itself", "redirect_uris": [REDIRECT_URI]},
    }
    results = node.run("sign_in.mjs", given, browse)
    assert results["client"]["client_id"].startswith("polar_ci_")
    assert results["client"]["client_secret"].startswith("polar_cs_")
    assert results["client"]["client_name"] == "Registered by itself"
    assert results["claims"]["aud"] == results["client"]["client_id"]
    assert results["introspection"]["sub"] == person.id


def test_es256(running_server: Server, person: Person, browse: Callable[[str], Answer]) -> None:
    """A client that registered ES256 and accepts nothing else is content with its ID token."""
    given = arguments(running_server, id_token_signed_response_alg="ES256")
    assert node.run("sign_in.mjs", given, browse)["claims"]["sub"] == person.id


def test_form_post(running_server: Server, person: Person, browse: Callable[[str], Answer]) -> None:
    """With response_mode=form_post the answer comes in a form that the client reads."""
    visited = []

    def watched(url: str) -> Answer:
        visited.append(browse(url))
        return visited[-1]

    given = arguments(running_server) | {"parameters": {"response_mode": "form_post"}}
    results = node.run("sign_in.mjs", given, watched)
    assert results["claims"]["sub"] == person.id
    assert visited[0].url == REDIRECT_URI
    assert set(visited[0].form) == {"code", "state", "iss"}


@pytest.mark.parametrize("max_age,signs_in_again", [("300", True), ("900", False)])
def test_max_age(running_server: Server, person: Person, visitor: Visitor, max_age: str, signs_in_again: bool) -> None:
    """A session older than max_age does not count, and the ID token says when the person signed in."""
    visitor.sign_in(person.email)
    age_sessions(running_server, person, 600)
    began = int(time.time())
    given = arguments(running_server) | {"parameters": {"max_age": max_age}}
    claims = node.run("sign_in.mjs", given, partial(visitor.authorize, email=person.email))["claims"]
    assert (claims["auth_time"] >= began) is signs_in_again


def age_sessions(server: Server, person: Person, seconds: int) -> None:
    """Move the moment at which the person signed in into the past."""
    earlier = Statement("UPDATE sessions SET authenticated_at = authenticated_at - :seconds WHERE user_id = :user_id")
    server.write(lambda transaction: transaction.run(earlier, seconds=seconds, user_id=person.id))


@pytest.mark.parametrize(
    "parameters,error",
    [
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none", "response_mode": "form_post"}, "login_required"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ],
)
def test_refusals(
    running_server: Server, browse: Callable[[str], Answer], parameters: dict[str, str], error: str
) -> None:
    """An error comes back to the client with its state and issuer, under its registered code."""
    results = node.run("refused.mjs", arguments(running_server) | {"parameters": parameters}, browse)
    assert (results["name"], results["error"]) == ("AuthorizationResponseError", error)


def test_denial(running_server: Server, visitor: Visitor, person: Person) -> None:
    """A person who denies leaves the client with access_denied."""
    browse = partial(visitor.authorize, email=person.email, action="deny")
    assert node.run("refused.mjs", arguments(running_server), browse)["error"] == "access_denied"


def test_silent_sign_in(running_server: Server, visitor: Visitor, person: Person) -> None:
    """prompt=none signs in without a page whoever is signed in and has allowed the client before."""
    browse = partial(visitor.authorize, email=person.email)
    given = arguments(running_server)
    asked = given | {"parameters": {"prompt": "none"}}
    visitor.sign_in(person.email)
    assert node.run("refused.mjs", asked, browse)["error"] == "consent_required"
    node.run("sign_in.mjs", given, browse)
    assert node.run("sign_in.mjs", asked, browse)["claims"]["sub"] == person.id


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_oauth4webapi(running_server: Server, person: Person, browse: Callable[[str], Answer], algorithm: str) -> None:
    """From RFC 8414 metadata to revocation, step by step, with the ID token's signature checked."""
    given = arguments(running_server, id_token_signed_response_alg=algorithm) | {"algorithm": algorithm}
    results = node.run("oauth4webapi.mjs", given, browse)
    assert results["claims"]["sub"] == person.id
    assert results["userinfo"]["email"] == person.email
    assert results["introspection"]["active"] is True
    assert results["refused"] == "invalid_grant"
