"""The authorization endpoint: what is asked, what is answered, and where errors go."""

import httpx
import pytest
from tests.world import (
    CALLBACK,
    ISSUER,
    App,
    Browser,
    World,
    answer_of,
    data_error,
    error_of,
    query_of,
)

from polar_server.authorization_server.clients import Ownership


async def test_a_signed_out_person_signs_in_and_comes_back(world: World, app: App) -> None:
    """Without a session the browser goes to the sign-in page, with the whole request to return to."""
    page = await (await world.browser()).open(app.authorize_path(login_hint="ada@example.com"))
    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in?return_to=%2Foauth2%2Fauthorize%3Fresponse_type%3Dcode")
    assert "login_hint=ada%40example.com" in page.headers["location"]


async def test_allowing_gives_a_code_with_state_and_issuer(app: App, browser: Browser) -> None:
    """The answer carries code, state and iss (RFC 6749 §4.1.2, RFC 9207 §2)."""
    await browser.open(app.authorize_path())
    answer = answer_of(await browser.submit("/oauth2/consent", action="allow"))
    assert answer["code"].startswith("polar_ac_")
    assert {k: v for k, v in answer.items() if k != "code"} == {"state": "the state", "iss": ISSUER}
    assert browser.page.headers["location"].startswith(CALLBACK + "?")


async def test_denying_tells_the_app(app: App, browser: Browser) -> None:
    """A person who says no sends access_denied to the app, with state and iss."""
    await browser.open(app.authorize_path())
    answer = answer_of(await browser.submit("/oauth2/consent", action="deny"))
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "the state", ISSUER)


async def test_a_decision_without_allow_or_deny_shows_the_page_again(app: App, browser: Browser) -> None:
    """Nothing is decided by a form without a button's value."""
    await browser.open(app.authorize_path())
    assert (await browser.submit("/oauth2/consent")).status_code == 400


async def test_a_remembered_decision_is_not_asked_again(world: World, app: App, browser: Browser) -> None:
    """The same or a smaller request goes through without a page; a wider one asks."""
    await world.allowed(app, browser, scope="openid products:read")
    assert "code" in answer_of(await browser.open(app.authorize_path(scope="openid")))
    assert (await browser.open(app.authorize_path(scope="openid products:write"))).status_code == 200
    await browser.submit("/oauth2/consent", action="allow")
    assert "code" in answer_of(await browser.open(app.authorize_path(scope="openid products:read products:write")))


async def test_public_clients_on_loopback_are_always_asked(world: World, browser: Browser) -> None:
    """Any program on the machine can pose as one (RFC 8252 §8.6)."""
    public = await world.app(token_endpoint_auth_method="none", redirect_uris=["http://127.0.0.1/cb"])
    await world.allowed(public, browser)
    assert (await browser.open(public.authorize_path())).status_code == 200
    assert error_of(await browser.open(public.authorize_path(prompt="none"))) == "consent_required"


async def test_public_clients_with_https_are_remembered(world: World, browser: Browser) -> None:
    """An https redirect URI belongs to somebody, so the decision stands."""
    public = await world.app(token_endpoint_auth_method="none")
    await world.allowed(public, browser)
    assert "code" in answer_of(await browser.open(public.authorize_path()))


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid nonsense"}, "invalid_scope"),
        ({"scope": "openid orders:write"}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"sub_type": "robot"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://app.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"id_token_hint": "nonsense"}, "invalid_request"),
        ({"state": "s" * 12_001}, "invalid_request"),
    ],
)
async def test_errors_of_a_trusted_client_go_back_to_it(
    app: App, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    """Once client and redirect URI are trusted, an error is an answer (RFC 6749 §4.1.2.1), with iss."""
    answer = answer_of(await browser.open(app.authorize_path(**changes)))
    assert (answer["error"], answer["iss"]) == (error, ISSUER)


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "polar_ci_unknown"}, "invalid_client"),
        ({"client_id": "\0"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_request"),
    ],
)
async def test_errors_before_trust_are_shown(
    app: App, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    """Nothing is sent anywhere before client and redirect URI are trusted; the page names the code."""
    page = await browser.open(app.authorize_path(**changes))
    assert (page.status_code, data_error(page)) == (400, error)


async def test_a_repeated_parameter_is_shown(app: App, browser: Browser) -> None:
    """A request whose parameters repeat cannot be trusted (RFC 6749 §3.1)."""
    page = await browser.open(app.authorize_path() + "&state=again")
    assert (page.status_code, data_error(page)) == (400, "invalid_request")


async def test_an_anonymous_client_gets_no_signed_out_visitor_by_an_error(world: World, browser: Browser) -> None:
    """Anybody may have registered it, so its errors stay here until the person has signed in (RFC 9700 §4.11.2)."""
    anonymous = await world.app(ownership=Ownership(is_anonymous=True))
    wrong = anonymous.authorize_path(scope="nonsense")
    page = await (await world.browser()).open(wrong)
    assert (page.status_code, data_error(page)) == (400, "invalid_scope")
    assert error_of(await browser.open(wrong)) == "invalid_scope"


async def test_prompt_none_never_shows_a_page(world: World, app: App, browser: Browser) -> None:
    """The outcome's own error code instead of the page (OpenID Connect Core §3.1.2.6), or the code."""
    silent = app.authorize_path(prompt="none")
    assert error_of(await (await world.browser()).open(silent)) == "login_required"
    assert error_of(await browser.open(silent)) == "consent_required"
    await world.allowed(app, browser)
    assert "code" in answer_of(await browser.open(silent))


async def test_prompt_consent_asks_again(world: World, app: App, browser: Browser) -> None:
    """prompt=consent shows the page although the decision is remembered."""
    await world.allowed(app, browser)
    assert (await browser.open(app.authorize_path(prompt="consent"))).status_code == 200


async def _sign_in_again(world: World, browser: Browser, person: str) -> None:
    fresh = await world.browser(person)
    browser.http.cookies.delete("polar_session")
    browser.http.cookies.set("polar_session", fresh.http.cookies["polar_session"])


def _return_to(page: httpx.Response) -> str:
    return query_of(page.headers["location"])["return_to"][0]


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "30"}])
async def test_an_old_sign_in_is_not_enough(
    world: World, app: App, browser: Browser, person: str, changes: dict[str, str]
) -> None:
    """prompt=login and max_age want a sign-in after the request began, once (OpenID Connect Core §3.1.2.1)."""
    await world.allowed(app, browser)
    world.clock.now += 60
    page = await browser.open(app.authorize_path(**changes))
    assert page.headers["location"].startswith("/sign-in?")
    way_back = _return_to(page)
    assert (await browser.open(way_back)).headers["location"].startswith("/sign-in?"), "the old session again"
    await _sign_in_again(world, browser, person)
    world.clock.now += 5
    assert "code" in answer_of(await browser.open(way_back))


async def test_max_age_is_content_with_a_recent_sign_in(world: World, app: App, browser: Browser) -> None:
    """Within max_age nobody signs in again."""
    await world.allowed(app, browser)
    world.clock.now += 60
    assert "code" in answer_of(await browser.open(app.authorize_path(max_age="100")))


async def test_select_account_shows_the_account_and_goes_on(world: World, app: App, browser: Browser) -> None:
    """prompt=select_account asks which account, then the request goes its way."""
    await world.allowed(app, browser)
    page = await browser.open(app.authorize_path(prompt="select_account"))
    assert "ada@example.com" in page.text
    page = await browser.submit("/oauth2/select-account", action="continue")
    assert "code" in answer_of(await browser.open(page.headers["location"]))


async def test_a_continuation_belongs_to_one_browser_and_request(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """Nobody can finish a sign-in that was begun in another browser, or for another request."""
    await browser.open(app.authorize_path(prompt="login"))
    way_back = _return_to(browser.page)
    other = await world.browser(person)
    page = await other.open(way_back)
    assert (page.status_code, data_error(page)) == (400, "invalid_request")
    page = await browser.open(way_back.replace("state=the+state", "state=another"))
    assert (page.status_code, data_error(page)) == (400, "invalid_request")
    page = await browser.open(way_back[:-30])
    assert page.status_code == 400


async def test_an_old_continuation_starts_over(world: World, app: App, browser: Browser, person: str) -> None:
    """A way back that is an hour old asks for the sign-in again."""
    way_back = _return_to(await browser.open(app.authorize_path(prompt="login")))
    await _sign_in_again(world, browser, person)
    world.clock.now += 3700
    assert (await browser.open(way_back)).headers["location"].startswith("/sign-in?")


async def test_id_token_hint_of_the_person_passes_and_of_another_asks(world: World, app: App, browser: Browser) -> None:
    """The hint must name who is signed in, else they sign in (OpenID Connect Core §3.1.2.1)."""
    hint = (await world.tokens(app, browser))["id_token"]
    assert "code" in answer_of(await browser.open(app.authorize_path(prompt="none", id_token_hint=hint)))
    other = await world.browser(await world.person("grace@example.com"))
    assert error_of(await other.open(app.authorize_path(prompt="none", id_token_hint=hint))) == "login_required"
    another_app = await world.app()
    page = await browser.open(another_app.authorize_path(id_token_hint=hint))
    assert error_of(page) == "invalid_request", "issued to another client"


async def test_form_post_answers_by_a_form(app: App, browser: Browser) -> None:
    """response_mode=form_post posts the answer to the redirect URI, without inline script."""
    await browser.open(app.authorize_path(response_mode="form_post"))
    page = await browser.submit("/oauth2/consent", action="allow")
    assert page.status_code == 200
    assert f'action="{CALLBACK}"' in page.text
    assert 'name="code" value="polar_ac_' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_registered_query_stays(world: World, browser: Browser) -> None:
    """The answer is added to a query that the redirect URI has (RFC 6749 §3.1.2)."""
    app = await world.app(redirect_uris=["https://app.example/cb?tenant=7"])
    await browser.open(app.authorize_path())
    await browser.submit("/oauth2/consent", action="allow")
    assert browser.page.headers["location"].startswith("https://app.example/cb?tenant=7&code=")


async def test_post_is_taken_into_the_url(app: App, browser: Browser) -> None:
    """The parameters of a POST continue as the same request by GET (OpenID Connect Core §3.1.2.1)."""
    query = app.authorize_path().partition("?")[2]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await browser.http.post("/oauth2/authorize", content=query, headers=headers)
    assert (response.status_code, response.headers["location"]) == (303, f"/oauth2/authorize?{query}")
    assert (await browser.http.post("/oauth2/authorize", json={})).status_code == 415
    assert (await browser.http.post("/oauth2/authorize", content="a=1&a=2", headers=headers)).status_code == 400


async def test_accepted_parameters_that_change_nothing(app: App, browser: Browser) -> None:
    """ui_locales, acr_values, claims, display and unknown parameters are no errors."""
    extra = {"ui_locales": "fr en", "acr_values": "1", "display": "popup", "claims": '{"userinfo":{"name":null}}'}
    assert (await browser.open(app.authorize_path(**extra, foo="bar"))).status_code == 200


async def test_a_client_without_pkce_may_opt_out(world: World, browser: Browser) -> None:
    """A confidential client can be allowed to do without; a verifier for such a code is refused (RFC 9700 §4.8.2)."""
    app = await world.app(ownership=Ownership(require_pkce=False))
    plain = {"code_challenge": None, "code_challenge_method": None}
    await browser.open(app.authorize_path(**plain))
    code = answer_of(await browser.submit("/oauth2/consent", action="allow"))["code"]
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    response = await app.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert response.status_code == 200


async def test_the_page_names_everything_that_the_decision_is_about(
    world: World, browser: Browser, person: str
) -> None:
    """App, host, account, links and scopes in words; markup in a name is text."""
    app = await world.app(
        client_name="<b>Tidy</b> books",
        client_uri="https://app.example/",
        policy_uri="https://app.example/privacy",
        tos_uri="https://app.example/terms",
    )
    page = await browser.open(app.authorize_path(scope="openid products:read products:write"))
    for text in ("&lt;b&gt;Tidy&lt;/b&gt; books", "app.example", "ada@example.com", "/privacy", "/terms"):
        assert text in page.text
    assert "Your products and prices" in page.text
    assert "Create, change and archive products and prices" in page.text
    assert "<b>Tidy" not in page.text
