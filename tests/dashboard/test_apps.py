"""Apps in the dashboard: registered, changed, given secrets, and deleted, proved by the protocol's own endpoints."""

import asyncio
from html import unescape

import httpx
from litestar import HttpMethod
from litestar.routes import HTTPRoute
from tests.visitors import Forms
from tests.world import App, World

from polar_server.accounts.guards import RECENT
from polar_server.authorization_server.clients import CreatedClient
from polar_server.dashboard.apps import forms
from polar_server.html import form_keys
from polar_server.oauth.clients import AuthMethod, RegisteredClient
from polar_server.oauth.subjects import SubjectType

from .conftest import Desk

APPS = "/dashboard/apps"
CALLBACK = "https://shelf.example/callback"
SHELF = {
    "client_name": "Record Shelf",
    "kind": "confidential",
    "redirect_uris": f"{CALLBACK}\r\nhttp://localhost:8001/callback",
    "default_sub_type": "user",
    "id_token_signed_response_alg": "ES256",
    "scope-openid": "true",
    "scope-products:read": "true",
}


def shown(page: httpx.Response, name: str) -> str:
    """The text with a button that copies it."""
    return unescape(page.text.split(f'<code id="{name}">')[1].split("</code>")[0])


async def shown_after(desk: Desk, action: str, **typed: str) -> httpx.Response:
    """The page that follows the form, with what it shows once."""
    answer = await desk.browser.submit(action, **typed)
    assert answer.status_code == 303, (desk.errors, desk.notices)
    return await desk.browser.open(answer.headers["location"])


async def registered(desk: Desk, **changes: str) -> CreatedClient:
    """An app registered by the form, with what is shown once."""
    await desk.browser.open(f"{APPS}/new")
    page = await shown_after(desk, f"{APPS}/new", **SHELF | changes)
    secret = shown(page, "client-secret") if "client-secret" in page.text else None
    return CreatedClient(shown(page, "client-id"), secret, shown(page, "registration-token"))


async def configuration(world: World, made: CreatedClient) -> httpx.Response:
    """What the app's registration token reads (RFC 7592)."""
    headers = {"Authorization": f"Bearer {made.registration_access_token}"}
    return await world.http.get(f"/v1/oauth2/register/{made.client_id}", headers=headers)


async def works(world: World, client_id: str, secret: str | None) -> bool:
    """Whether the app proves itself with this secret."""
    form = {"client_id": client_id, "client_secret": secret or "", "token": "x"}
    return (await world.http.post("/v1/oauth2/introspect", data=form)).status_code == 200


async def test_an_app_is_registered_changed_and_deleted(world: World, desk: Desk) -> None:
    """The protocol sees each step; the end names how many people lose access, and the audit log tells it all."""
    assert "No apps yet" in (await desk.browser.open(APPS)).text
    made = await registered(desk, without_pkce="true")
    metadata = (await configuration(world, made)).json()
    assert metadata["client_name"] == "Record Shelf"
    assert metadata["redirect_uris"] == [CALLBACK, "http://localhost:8001/callback"]
    assert (metadata["scope"], metadata["id_token_signed_response_alg"]) == ("openid products:read", "ES256")
    assert await works(world, made.client_id, made.client_secret)
    app = App(world.http, made, CALLBACK)
    await world.tokens(app, await world.browser(await world.person("reader@example.com")), scope="openid")

    page = f"{APPS}/{made.client_id}"
    assert "1 person" in (await desk.browser.open(APPS)).text
    assert "Not needed" in (await desk.browser.open(page)).text
    edit = await desk.browser.open(f"{page}/edit")
    assert f"{CALLBACK}\nhttp://localhost:8001/callback" in edit.text
    saved = await desk.browser.submit(f"{page}/edit", **SHELF | {"client_name": "Shelf", "redirect_uris": CALLBACK})
    assert saved.headers["location"] == f"{page}?done=saved"
    metadata = (await configuration(world, made)).json()
    assert (metadata["client_name"], metadata["redirect_uris"]) == ("Shelf", [CALLBACK])
    without_pkce = app.authorize_path(code_challenge=None, code_challenge_method=None)
    assert "error=invalid_request" in (await desk.browser.open(without_pkce)).headers["location"]

    assert "1 person loses access" in (await desk.browser.open(f"{page}/delete")).text
    assert (await desk.browser.submit(f"{page}/delete")).headers["location"] == f"{APPS}?done=deleted"
    assert (await desk.browser.open(page)).status_code == 404
    assert not await works(world, made.client_id, made.client_secret)


async def test_a_reload_shows_no_secret_and_makes_nothing(world: World, desk: Desk) -> None:
    """The page of a new app shows its secrets once, and afterwards says so; the cookie that carried them is gone."""
    made = await registered(desk)
    assert "polar_shown_once" not in desk.browser.http.cookies
    reloaded = await desk.browser.open(f"{APPS}/{made.client_id}?done=registered")
    assert [text in reloaded.text for text in (str(made.client_secret), made.registration_access_token)] == [False] * 2
    assert "Its secret and its registration token were shown once." in desk.notices[0]
    assert "shown once" in (await desk.browser.open(f"{APPS}/{made.client_id}?done=secret")).text


async def test_a_double_click_registers_one_app(world: World, desk: Desk) -> None:
    """A form that is sent twice, also at the same moment, makes one app, and both answers lead to its secrets."""
    page = await desk.browser.open(f"{APPS}/new")
    hidden = next(form.fields for form in Forms(page.text).found if form.action == f"{APPS}/new")

    async def sent(**changes: str) -> httpx.Response:
        return await desk.browser.http.post(f"{APPS}/new", data={**hidden, **SHELF, **changes})

    first, second = await asyncio.gather(sent(), sent())
    assert first.headers["location"] == second.headers["location"]
    secret = shown(await desk.browser.open(first.headers["location"]), "client-secret")
    assert await works(world, first.headers["location"].split("/")[-1].partition("?")[0], secret)
    other = await sent(client_name="Another Shelf")
    assert other.headers["location"] != first.headers["location"], "something else was typed"
    listed = await desk.browser.open(APPS)
    assert (listed.text.count("Record Shelf"), listed.text.count("Another Shelf")) == (1, 1)
    world.clock.now += form_keys.LIFETIME
    assert form_keys.TOO_OLD in (await sent()).text


async def test_two_secrets_work_while_one_replaces_the_other(world: World, desk: Desk) -> None:
    """Both are accepted until the old one is ended or its time is over; a third would cost one that is in use."""
    made = await registered(desk)
    page = f"{APPS}/{made.client_id}"
    await desk.browser.open(page)
    assert (await desk.browser.submit(f"{page}/secret", overlap="5")).status_code == 422
    offered = desk.browser.page
    other_tab = await desk.browser.open(page)
    desk.browser.page = offered
    second = shown(await shown_after(desk, f"{page}/secret", overlap="3600"), "client-secret")
    assert [await works(world, made.client_id, secret) for secret in (made.client_secret, second)] == [True, True]
    desk.browser.page = offered
    again = await shown_after(desk, f"{page}/secret", overlap="3600")
    assert shown(again, "client-secret") == second, "sent twice, made once"
    desk.browser.page = other_tab
    assert "Two secrets work already" in (await desk.browser.submit(f"{page}/secret", overlap="3600")).text

    world.clock.now += 1
    offered = await desk.browser.open(page)
    first, second = second, shown(await shown_after(desk, f"{page}/secret/replace"), "client-secret")
    works_now = [await works(world, made.client_id, secret) for secret in (made.client_secret, first, second)]
    assert works_now == [True, False, True], "the new one was lost, and another took its place"
    desk.browser.page = offered
    assert shown(await shown_after(desk, f"{page}/secret/replace"), "client-secret") == second
    await desk.browser.open(page)
    await desk.browser.submit(f"{page}/secret/end")
    assert [await works(world, made.client_id, secret) for secret in (made.client_secret, second)] == [False, True]

    await desk.browser.open(page)
    third = shown(await shown_after(desk, f"{page}/secret", overlap="3600"), "client-secret")
    world.clock.now += 3600
    assert [await works(world, made.client_id, secret) for secret in (second, third)] == [False, True]
    await desk.browser.open(page)
    answer = await desk.browser.submit(f"{page}/secret", overlap="0")
    assert answer.headers["location"].startswith("/confirm"), "the sign-in was an hour ago"


async def test_a_registration_token_is_renewed_and_a_public_app_has_no_secret(world: World, desk: Desk) -> None:
    """The earlier registration token is dead at once; a page from before the new one does not end that one unseen."""
    made = await registered(desk, kind="public", redirect_uris="com.example.shelf:/callback", without_pkce="true")
    assert made.client_secret is None
    page = f"{APPS}/{made.client_id}"
    opened = await desk.browser.open(page)
    assert "Make a new secret" not in opened.text
    assert "Not needed" not in opened.text, "a public app always needs PKCE"
    world.clock.now += 1
    await desk.browser.open(page)
    token = shown(await shown_after(desk, f"{page}/registration"), "registration-token")
    desk.browser.page = opened
    assert "A newer one was made" in (await desk.browser.submit(f"{page}/registration")).text
    assert (await configuration(world, made)).status_code == 401
    renewed = await configuration(world, CreatedClient(made.client_id, None, token))
    assert renewed.json()["token_endpoint_auth_method"] == "none"
    world.clock.now += RECENT
    await desk.browser.open(page)
    assert (await desk.browser.submit(f"{page}/registration")).headers["location"].startswith("/confirm")


async def test_a_mistake_is_named_at_its_field_and_line(world: World, desk: Desk) -> None:
    """Each line that cannot be registered has its sentence, what was typed stays, and nothing is registered."""
    wrong: dict[str, dict[str, str]] = {
        "client_name": {"client_name": ""},
        "client_uri": {"client_uri": "http://shelf.example"},
        "logo_uri": {"logo_uri": "javascript:alert(1)"},
        "policy_uri": {"policy_uri": "shelf.example"},
        "redirect_uris": {"redirect_uris": " \r\n"},
        "kind": {"kind": "secretive"},
        "default_sub_type": {"default_sub_type": "machine"},
        "id_token_signed_response_alg": {"id_token_signed_response_alg": "none"},
    }
    for field, typed in wrong.items():
        await desk.browser.open(f"{APPS}/new")
        answer = await desk.browser.submit(f"{APPS}/new", **SHELF | typed)
        assert (answer.status_code, list(desk.errors)) == (422, [field])
        assert "products:read" in answer.text
    lines = f"http://shelf.example/\r\n{CALLBACK}\r\n\r\n{CALLBACK}?code=1"
    unticked = {name: text for name, text in SHELF.items() if not name.startswith("scope-")}
    await desk.browser.submit(f"{APPS}/new", **unticked | {"redirect_uris": lines})
    assert desk.errors["scope"] == "Choose at least one scope."
    assert desk.errors["redirect_uris"].splitlines() == [
        "Line 1: http://shelf.example/ must use https; http is for localhost and 127.0.0.1 only.",
        f"Line 4: {CALLBACK}?code=1 has the parameter code, which the response adds itself.",
    ]
    assert "No apps yet" in (await desk.browser.open(APPS)).text


async def test_addresses_are_judged_while_they_are_typed(desk: Desk) -> None:
    """The form comes back with a sentence for each finished line, by the rules of the kind; nothing is registered."""
    await desk.browser.open(f"{APPS}/new")
    lines = "http://shelf.example/\ncom.example.shelf:/cb\nshelf"
    said = {}
    for kind, typing in (("confidential", "3"), ("public", "3"), ("public", "0"), ("public", "1")):
        typed = SHELF | {"client_name": "", "redirect_uris": lines, "kind": kind, "typing": typing}
        answer = await desk.browser.submit(f"{APPS}/new", **typed)
        assert (answer.status_code, list(desk.errors)) == (200, ["redirect_uris"])
        said[kind, typing] = [line.split(":")[0] for line in desk.errors["redirect_uris"].splitlines()]
    assert said == {
        ("confidential", "3"): ["Line 1", "Line 2"],
        ("public", "3"): ["Line 1"],
        ("public", "0"): ["Line 1", "Line 3"],
        ("public", "1"): ["Line 3"],
    }
    for text in ("", CALLBACK):
        await desk.browser.submit(f"{APPS}/new", **SHELF | {"redirect_uris": text, "typing": "0"})
        assert desk.errors == {}
    assert "No apps yet" in (await desk.browser.open(APPS)).text

    client_id = (await registered(desk)).client_id
    edit = f"{APPS}/{client_id}/edit"
    before = (await desk.browser.open(edit)).text
    await desk.browser.submit(edit, **SHELF | {"redirect_uris": "http://shelf.example/", "typing": "0"})
    assert "Line 1: http://shelf.example/ must use https" in desk.errors["redirect_uris"]
    assert (await desk.browser.open(edit)).text == before


async def test_all_scopes_are_chosen_without_a_script(desk: Desk) -> None:
    """Two buttons show the form again with every box ticked or none, and what was typed."""
    await desk.browser.open(f"{APPS}/new")
    ticked = 'name="scope-files:write" value="true" checked'
    page = await desk.browser.submit(f"{APPS}/new", **SHELF, choose_scopes="all")
    assert (page.status_code, ticked in page.text, "Record Shelf" in page.text) == (200, True, True)
    page = await desk.browser.submit(f"{APPS}/new", **SHELF, choose_scopes="none")
    assert 'value="true" checked' not in page.text


def test_a_change_keeps_what_the_form_does_not_ask() -> None:
    """An app that registered itself keeps how it authenticates and its grant types; there is a limit of addresses."""
    client = RegisteredClient(
        client_id="polar_ci_1",
        auth_method=AuthMethod.CLIENT_SECRET_BASIC,
        grant_types="authorization_code",
        scope="openid",
        id_token_alg="RS256",
        is_resource_server=False,
        name="Shelf",
        redirect_uris_json=f'["{CALLBACK}"]',
        default_sub_type=SubjectType.USER,
        require_pkce=True,
        is_anonymous=False,
        owner_id="u1",
        client_uri=None,
        logo_uri=None,
        policy_uri=None,
        tos_uri=None,
        created_at=1,
        modified_at=None,
    )
    typed, errors = forms.read_app(forms.form_of(client) | {"client_name": "Shelf 2"}, client)
    assert typed is not None, errors
    metadata = typed.metadata
    assert (metadata.client_name, metadata.redirect_uris, metadata.scope) == ("Shelf 2", (CALLBACK,), "openid")
    assert metadata.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_BASIC
    assert (metadata.grant_types, typed.require_pkce) == (("authorization_code",), True)
    many = {"typing": "0", "redirect_uris": "https://a.example/\n" * 51}
    assert forms.to_show_again(many, client) == (many, {"redirect_uris": "Enter at most 50 addresses."})


def addresses(world: World, client_id: str, method: HttpMethod) -> list[str]:
    """Every address of one app that answers this method."""
    routes = [route for route in world.endpoints.framework.routes if isinstance(route, HTTPRoute)]
    paths = [route.path_format for route in routes if method in route.methods]
    return [path.replace("{client_id}", client_id) for path in paths if path.startswith(f"{APPS}/{{client_id}}")]


async def test_a_stranger_finds_nothing(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """Every page and form of another person's app is a missing one; without our token no form is read."""
    made = await registered(desk)
    gets, posts = (addresses(world, made.client_id, method) for method in (HttpMethod.GET, HttpMethod.POST))
    assert len(gets) > 5
    assert len(posts) > 5
    theirs, own, nobody = stranger_desk.browser.http, desk.browser.http, (await world.browser()).http
    assert {(await theirs.get(path)).status_code for path in gets} == {404}
    assert {(await own.get(path)).status_code for path in gets} == {200}
    assert {(await client.get(path)).status_code for path in gets for client in (nobody,)} == {303}
    for client, status in ((theirs, 403), (own, 403), (nobody, 303)):
        assert {(await client.post(path)).status_code for path in posts} == {status}
    assert {(await own.get(path.replace(made.client_id, "polar_ci_x%00"))).status_code for path in gets} == {404}
    # With a form of ours: the page of an app of their own, sent to that of the other.
    mine = await registered(stranger_desk)
    opened = await stranger_desk.browser.open(f"{APPS}/{mine.client_id}/delete")
    opened._content = opened.content.replace(mine.client_id.encode(), made.client_id.encode())
    assert (await stranger_desk.browser.submit(f"{APPS}/{made.client_id}/delete")).status_code in (403, 404)
    assert await works(world, made.client_id, made.client_secret)
