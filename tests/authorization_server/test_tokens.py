"""The token, introspection, revocation and userinfo endpoints."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.world import ISSUER, App, Browser, World

from polar_server.authorization_server.clients import Ownership


async def test_a_code_gives_tokens_once(world: World, app: App, browser: Browser, person: str) -> None:
    """The first redemption answers with everything; the second ends what the first gave (RFC 6749 §4.1.2)."""
    code = await world.allowed(app, browser, nonce="n-1", scope="openid products:read")
    response = await app.redeem(code)
    tokens = response.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "openid products:read")
    assert response.headers["cache-control"] == "no-store"
    assert (await app.introspect(tokens["access_token"]))["active"] is True
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert (await app.introspect(tokens["access_token"])) == {"active": False}
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_two_tokens_of_one_id_are_drawn_again(world: World, app: App, browser: Browser) -> None:
    """When two ids of a millisecond are equal, the second exchange draws again instead of failing."""
    first, second = await world.allowed(app, browser), await world.allowed(app, browser)
    drawn = iter([b"\1" * 99, b"\1" * 99, b"\2" * 99])
    app.http._transport.app.server = replace(world.server, entropy=lambda size: next(drawn)[:size])  # type: ignore[attr-defined]
    assert [(await app.redeem(code)).status_code for code in (first, second)] == [200, 200]
    assert next(drawn, None) is None


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "x" * 43}, {"redirect_uri": "https://app.example/other"}, {"code_verifier": ""}],
)
async def test_a_failed_check_burns_nothing(world: World, app: App, browser: Browser, changes: dict[str, str]) -> None:
    """Who cannot prove possession can neither use nor spoil the code."""
    code = await world.allowed(app, browser)
    assert (await app.redeem(code, **changes)).json()["error"] == "invalid_grant"
    assert (await app.redeem(code)).status_code == 200
    assert (await app.redeem(code, **changes)).json()["error"] == "invalid_grant"


async def test_another_client_cannot_use_or_spoil_a_code(world: World, app: App, browser: Browser) -> None:
    """A code is bound to its client; a stranger's try revokes nothing."""
    code = await world.allowed(app, browser)
    stranger = await world.app()
    assert (await stranger.redeem(code)).json()["error"] == "invalid_grant"
    tokens = (await app.redeem(code)).json()
    assert (await stranger.redeem(code)).json()["error"] == "invalid_grant"
    assert (await app.introspect(tokens["access_token"]))["active"] is True


async def test_a_code_lives_ten_minutes(world: World, app: App, browser: Browser) -> None:
    """At 599 seconds it works, at 600 it does not."""
    first, second = await world.allowed(app, browser), await world.allowed(app, browser)
    world.clock.now += 599
    assert (await app.redeem(first)).status_code == 200
    world.clock.now += 1
    assert (await app.redeem(second)).json()["error"] == "invalid_grant"


async def test_an_access_token_lives_an_hour(world: World, app: App, browser: Browser) -> None:
    """At 3599 seconds it works, at 3600 it does not."""
    token = (await world.tokens(app, browser))["access_token"]
    world.clock.now += 3599
    assert (await app.userinfo(token)).status_code == 200
    world.clock.now += 1
    response = await app.userinfo(token)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_refresh_rotates(world: World, app: App, browser: Browser) -> None:
    """Each use gives a successor, and a new ID token without the nonce and with the same auth_time."""
    first = await world.tokens(app, browser, nonce="n-1")
    world.clock.now += 120
    second = (await app.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    before, after = _claims(first["id_token"]), _claims(second["id_token"])
    assert before["nonce"] == "n-1"
    assert "nonce" not in after
    assert (after["auth_time"], after["iat"] - before["iat"]) == (before["auth_time"], 120)


async def test_within_the_grace_period_the_same_successor_comes_again(world: World, app: App, browser: Browser) -> None:
    """A client that lost the answer gets the same tokens, with the lifetime that is left."""
    first = await world.tokens(app, browser)
    second = (await app.refresh(first["refresh_token"])).json()
    world.clock.now += 29
    again = (await app.refresh(first["refresh_token"])).json()
    assert again["refresh_token"] == second["refresh_token"]
    assert again["access_token"] == second["access_token"]
    assert again["expires_in"] == 3600 - 29
    assert (await app.refresh(second["refresh_token"])).status_code == 200


async def test_after_the_grace_period_reuse_ends_the_family(world: World, app: App, browser: Browser) -> None:
    """A late reuse is a theft: every token of the grant dies (RFC 9700 §4.14.2)."""
    first = await world.tokens(app, browser)
    second = (await app.refresh(first["refresh_token"])).json()
    world.clock.now += 30
    assert (await app.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.introspect(second["access_token"])) == {"active": False}


async def test_reuse_of_a_grandparent_ends_the_family_at_once(world: World, app: App, browser: Browser) -> None:
    """The grace period is for the direct parent whose successor was not used yet."""
    first = await world.tokens(app, browser)
    second = (await app.refresh(first["refresh_token"])).json()
    third = (await app.refresh(second["refresh_token"])).json()
    assert (await app.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.introspect(third["access_token"])) == {"active": False}


async def test_a_refresh_may_narrow_but_not_widen(world: World, app: App, browser: Browser) -> None:
    """RFC 6749 §6; the next refresh has the whole grant again."""
    first = await world.tokens(app, browser, scope="openid products:read")
    second = (await app.refresh(first["refresh_token"], scope="products:read")).json()
    assert second["scope"] == "products:read"
    assert "id_token" not in second
    wider = await app.refresh(second["refresh_token"], scope="products:read products:write")
    assert wider.json()["error"] == "invalid_scope"
    assert (await app.refresh(second["refresh_token"])).json()["scope"] == "openid products:read"


async def test_another_clients_refresh_token_is_useless(world: World, app: App, browser: Browser) -> None:
    """A stolen refresh token works for no other client, and the try harms nobody."""
    tokens = await world.tokens(app, browser)
    assert (await (await world.app()).refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_refresh_token_waits_as_long_as_it_must(world: World, app: App, browser: Browser) -> None:
    """Until revoked: two years later it still works."""
    tokens = await world.tokens(app, browser)
    world.clock.now += 2 * 365 * 86_400
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize(
    "form, error",
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "nonsense"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "é"}, "invalid_grant"),
    ],
)
async def test_bad_token_requests_name_what_is_wrong(app: App, form: dict[str, str], error: str) -> None:
    """Each refusal has its registered code (RFC 6749 §5.2)."""
    response = await app.token(**form)
    assert (response.status_code, response.json()["error"]) == (400, error)


async def test_a_client_without_the_refresh_grant_gets_no_refresh_token(world: World, browser: Browser) -> None:
    """Only what the client registered for (RFC 6749 §5.2 unauthorized_client)."""
    app = await world.app(grant_types=["authorization_code"])
    tokens = await world.tokens(app, browser)
    assert "refresh_token" not in tokens
    assert (await app.token(grant_type="refresh_token", refresh_token="x")).json()["error"] == "unauthorized_client"


async def test_client_authentication_is_that_which_was_registered(world: World) -> None:
    """A client registered for the body is refused over Basic, and is told so (RFC 6749 §2.3)."""
    app = await world.app(token_endpoint_auth_method="client_secret_post")
    basic = (app.client_id, app.made.client_secret or "")
    response = await world.http.post("/v1/oauth2/token", data={"grant_type": "refresh_token"}, auth=basic)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["www-authenticate"].startswith("Basic")


async def test_a_public_client_uses_its_id_alone(world: World, browser: Browser) -> None:
    """No secret is asked of a client that can keep none; one that it invents is refused."""
    public = await world.app(token_endpoint_auth_method="none")
    code = await world.allowed(public, browser)
    assert (await public.redeem(code, client_secret="x")).status_code == 401
    assert (await public.redeem(code)).status_code == 200


async def test_id_tokens_use_the_clients_algorithm(world: World, browser: Browser, person: str) -> None:
    """RS256 by default, ES256 when registered; both verify against the published keys."""
    jwks = (await world.http.get("/.well-known/jwks.json")).json()["keys"]
    for algorithm in ("RS256", "ES256"):
        app = await world.app(id_token_signed_response_alg=algorithm)
        id_token = (await world.tokens(app, browser))["id_token"]
        header = _part(id_token, 0)
        assert header["alg"] == algorithm
        assert header["kid"] in {key["kid"] for key in jwks if key["alg"] == algorithm}
        assert _verify(id_token, jwks)["sub"] == person
        assert _claims(id_token)["aud"] == app.client_id
        assert _claims(id_token)["iss"] == ISSUER


async def test_userinfo_opens_claims_by_scope(world: World, app: App, browser: Browser, person: str) -> None:
    """Openid gives sub; profile and email add theirs; without openid it is refused (OpenID Connect Core §5.4)."""
    bare = (await world.tokens(app, browser, scope="openid"))["access_token"]
    assert (await app.userinfo(bare)).json() == {"sub": person}
    full = (await world.tokens(app, browser, scope="openid profile email"))["access_token"]
    response = await world.http.post("/v1/oauth2/userinfo", headers={"Authorization": f"bearer {full}"})
    assert response.json() == {
        "sub": person,
        "name": "Ada Example",
        "email": "ada@example.com",
        "email_verified": True,
    }
    without = (await world.tokens(app, browser, scope="products:read"))["access_token"]
    response = await app.userinfo(without)
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")
    assert 'scope="openid"' in response.headers["www-authenticate"]
    response = await world.http.get("/v1/oauth2/userinfo")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="polar"')


async def test_introspection_is_for_the_tokens_own_client(world: World, app: App, browser: Browser) -> None:
    """Another client learns nothing, a public one may not even ask (RFC 7662 §2.1, §4)."""
    tokens = await world.tokens(app, browser, scope="openid products:read")
    answer = await app.introspect(tokens["access_token"])
    assert (answer["token_type"], answer["client_id"], answer["iss"]) == ("access_token", app.client_id, ISSUER)
    refresh = await app.introspect(tokens["refresh_token"])
    assert refresh["token_type"] == "refresh_token"
    assert "exp" not in refresh
    assert (await (await world.app()).introspect(tokens["access_token"])) == {"active": False}
    public = await world.app(token_endpoint_auth_method="none")
    form = {"client_id": public.client_id, "token": tokens["access_token"]}
    assert (await world.http.post("/v1/oauth2/introspect", data=form)).status_code == 401


async def test_a_resource_server_sees_the_scopes_it_serves(world: World, app: App, browser: Browser) -> None:
    """It learns of access tokens for its scopes, and of those scopes only; never of refresh tokens."""
    tokens = await world.tokens(app, browser, scope="openid products:read products:write")
    shop = await world.app(ownership=Ownership(is_resource_server=True), scope="products:read orders:read")
    assert (await shop.introspect(tokens["access_token"]))["scope"] == "products:read"
    assert (await shop.introspect(tokens["refresh_token"])) == {"active": False}
    other = await world.app(ownership=Ownership(is_resource_server=True), scope="orders:read")
    assert (await other.introspect(tokens["access_token"])) == {"active": False}


async def test_revocation_is_real(world: World, app: App, browser: Browser) -> None:
    """An access token dies alone, a refresh token takes its family along (RFC 7009 §2.1)."""
    first = await world.tokens(app, browser)
    assert (await app.revoke(first["access_token"])).json() == {}
    assert (await app.introspect(first["access_token"])) == {"active": False}
    second = (await app.refresh(first["refresh_token"])).json()
    await app.revoke(second["refresh_token"])
    assert (await app.introspect(second["access_token"])) == {"active": False}
    assert (await app.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"


async def test_nobody_revokes_for_another(world: World, app: App, browser: Browser) -> None:
    """A stranger's revocation answers 200 and does nothing; unknown tokens are no error (RFC 7009 §2.2)."""
    tokens = await world.tokens(app, browser)
    stranger = await world.app(token_endpoint_auth_method="none")
    for token in (tokens["access_token"], tokens["refresh_token"], "nonsense"):
        assert (await stranger.revoke(token)).status_code == 200
    assert (await app.introspect(tokens["access_token"]))["active"] is True
    assert (await app.revoke("")).json()["error"] == "invalid_request"


async def test_the_body_must_be_a_form(world: World) -> None:
    """JSON and multipart are refused by name; parameters in the query are not read."""
    for content in ({"json": {"grant_type": "x"}}, {"files": {"grant_type": (None, "x")}}):
        response = await world.http.post("/v1/oauth2/token", **content)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    response = await world.http.post("/v1/oauth2/token?client_id=x", data={"grant_type": "refresh_token"})
    assert response.json()["error"] == "invalid_client"


@pytest.mark.parametrize("path", ["/v1/oauth2/token", "/v1/oauth2/revoke", "/v1/oauth2/introspect"])
async def test_only_post_reaches_the_protocol_endpoints(world: World, path: str) -> None:
    """GET is 405 and says what is allowed; a browser app's preflight is answered without credentials."""
    response = await world.http.get(path)
    assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")
    preflight = await world.http.options(path, headers={"Origin": "https://app.example"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers


async def test_too_large_bodies_are_refused(world: World) -> None:
    """More than 64 KiB is 413, whatever it says."""
    response = await world.http.post("/v1/oauth2/token", data={"grant_type": "x" * 70_000})
    assert response.status_code == 413


def _part(token: str, index: int) -> dict[str, Any]:
    part = token.split(".")[index]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _claims(id_token: str) -> dict[str, Any]:
    return _part(id_token, 1)


def _verify(id_token: str, jwks: list[dict[str, str]]) -> dict[str, Any]:
    """The claims, verified by a library that is not ours."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    decoded = jwt.decode(id_token, KeySet.import_key_set({"keys": jwks}), algorithms=["RS256", "ES256"])  # type: ignore[typeddict-item]
    return decoded.claims
