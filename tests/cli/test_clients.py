"""`polar-server client`."""

from typing import Any

import pytest

from polar_server.oauth import scopes

from .conftest import CommandLine

CALLBACK = "https://app.example.com/callback"


def create(polar: CommandLine, *more: str) -> Any:
    return polar.json("client", "create", "--name", "App", "--redirect-uri", CALLBACK, *more)


def test_create_prints_a_confidential_client(polar: CommandLine) -> None:
    """A client is printed with the names of RFC 7591, and its secret."""
    client = create(polar, "--scope", "products:read openid")
    assert client["client_id"].startswith("polar_ci_")
    assert client["client_secret"].startswith("polar_cs_")
    assert client["registration_access_token"].startswith("polar_crt_")
    assert client["client_secret_expires_at"] == 0
    assert (client["client_name"], client["redirect_uris"]) == ("App", [CALLBACK])
    assert client["scope"] == "openid products:read"
    assert (client["type"], client["default_sub_type"]) == ("confidential", "user")
    assert (client["id_token_signed_response_alg"], client["require_pkce"]) == ("RS256", True)
    assert client["is_resource_server"] is False


def test_create_takes_every_option(polar: CommandLine) -> None:
    """Each option is kept, and without a scope the client may ask for everything."""
    person = polar.json("user", "create", "--email", "ada@example.com", "--password", "eight quiet rivers")
    client = create(
        polar,
        *("--redirect-uri", "http://localhost:8001/callback", "--owner", "ada@example.com"),
        *("--default-sub-type", "organization", "--id-token-alg", "ES256", "--resource-server", "--no-pkce"),
    )
    assert client["redirect_uris"] == [CALLBACK, "http://localhost:8001/callback"]
    assert (client["owner_id"], client["default_sub_type"]) == (person["id"], "organization")
    assert (client["id_token_signed_response_alg"], client["require_pkce"]) == ("ES256", False)
    assert client["is_resource_server"] is True
    assert client["scope"] == " ".join(scopes.NAMES)


def test_a_public_client_has_no_secret(polar: CommandLine) -> None:
    """A public client gets no secret and may return to a private scheme."""
    client = polar.json("client", "create", "--name", "App", "--public", "--redirect-uri", "com.example.app:/callback")
    assert "client_secret" not in client
    assert (client["type"], client["token_endpoint_auth_method"]) == ("public", "none")


@pytest.mark.parametrize(
    "options,reason",
    [
        (("--redirect-uri", "http://app.example.com/callback"), "must use https"),
        (("--redirect-uri", CALLBACK, "--scope", "openid product:read"), "product:read is no scope"),
        (("--redirect-uri", CALLBACK, "--public", "--no-pkce"), "PKCE cannot be left out"),
        (("--redirect-uri", CALLBACK, "--owner", "eve@example.com"), "Nobody has an account for eve@example.com."),
    ],
)
def test_create_refuses_what_cannot_be(fresh: CommandLine, options: tuple[str, ...], reason: str) -> None:
    """What registration would refuse is refused here, and so is a misspelt scope."""
    outcome = fresh("client", "create", "--name", "App", *options)
    assert outcome.exit_code == 1
    assert reason in outcome.err
    assert fresh.json("client", "list") == []


def test_list_shows_no_secret(polar: CommandLine) -> None:
    """Clients are listed as they were created, without what is shown once."""
    client = create(polar)
    for name in ("client_secret", "client_secret_expires_at", "registration_access_token"):
        del client[name]
    assert polar.json("client", "list") == [client]
    assert client["client_id"] in polar("client", "list").out


def test_rotate_secret_prints_a_new_one(polar: CommandLine) -> None:
    """A client gets another secret; a public one has none to rotate."""
    client = create(polar)
    rotated = polar.json("client", "rotate-secret", client["client_id"])
    assert rotated["client_id"] == client["client_id"]
    assert rotated["client_secret"] != client["client_secret"]
    public = create(polar, "--public")
    outcome = polar("client", "rotate-secret", public["client_id"])
    assert outcome.exit_code == 1
    assert f"No client with a secret has the id {public['client_id']}." in outcome.err


def test_delete_removes_the_client(polar: CommandLine) -> None:
    """A deleted client is gone from the list, and cannot be deleted twice."""
    client = create(polar)
    assert polar.json("client", "delete", client["client_id"]) == {"client_id": client["client_id"]}
    assert polar.json("client", "list") == []
    outcome = polar("client", "delete", client["client_id"])
    assert outcome.exit_code == 1
    assert "No client has the id" in outcome.err
