"""What happened before a case's request, and between the request and the look at its effects."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tests.attacks import apps, forgery, people
from tests.attacks.apps import App
from tests.attacks.browser import Browser
from tests.attacks.endings import ENDINGS
from tests.attacks.people import Person
from tests.attacks.shop_afterwards import SHOP_AFTERWARDS
from tests.attacks.shop_situations import SHOP_SITUATIONS, everything_used
from tests.attacks.values import Values
from tests.attacks.wire import Response

GRACE = 30
"""Seconds for which a repeated refresh gets the same answer again, as the server is started here."""


def _older_session(values: Values) -> None:
    """Ada signed in a minute ago."""
    ada = _sign_in_again(values)
    values.world.store.age_session(ada.session, 60)


def _own_session(values: Values) -> None:
    """Ada at one more browser."""
    _sign_in_again(values)


def _organization_granted(values: Values) -> None:
    """Ada allowed the client for her own organization."""
    _organization_tokens(values)


def _organization_tokens(values: Values) -> None:
    """The tokens are for Ada's organization."""
    made = values.world.tokens(values.world.client_a, values.world.ada, **apps.acting_for(values.world.org_a.id))
    values.set(access_token=made["access_token"], refresh_token=made["refresh_token"])


def _organization_code(values: Values) -> None:
    """The code is for Ada's organization."""
    params = values.world.client_a.authorize_params(values["challenge"], **apps.acting_for(values.world.org_a.id))
    values.set(code=apps.obtain_code(values.world.ada.browser, params))


def _resume_url_of_another_browser(values: Values) -> None:
    """Ada follows a link, is sent to sign in and comes back; the attacker, signed in too, gets hold of that address."""
    browser = Browser(values.world.server)
    params = values.world.client_a.authorize_params(values["challenge"], prompt="login")
    browser.follow(browser.open("/oauth2/authorize", params))
    answer = browser.submit_to("/sign-in", email=values["email"], password=values["password"])
    values.set(resume_url=answer.location, attacker_cookie=values["user_b_cookie"])
    assert "continue=" in answer.location, answer.location


def _row_broken(values: Values) -> None:
    """A fault: a row of the database holds what no code of ours would write."""
    app = apps.register(values.world.server)
    sql = "UPDATE clients SET redirect_uris = 'nonsense' WHERE client_id = :client_id"
    values.world.store.change(sql, client_id=app.client_id)
    values.set_app(app)


def _digest_copied(values: Values) -> None:
    """Somebody who can write to the database copied what is kept of A's secret to a client of their own."""
    app = apps.register(values.world.server)
    values.world.store.change(
        "UPDATE clients SET secret_digest = (SELECT secret_digest FROM clients WHERE client_id = :source),"
        " secret_key_id = (SELECT secret_key_id FROM clients WHERE client_id = :source) WHERE client_id = :target",
        source=values["client_id"],
        target=app.client_id,
    )
    made = values.world.tokens(values.world.client_a, values.world.ada)
    values.set(client_b_id=app.client_id, refresh_token=made["refresh_token"])


def _whole_flow(values: Values) -> None:
    """Everything secret has been through the server at least once."""
    world, ada = values.world, _sign_in_again(values)
    made = apps.refresh(world.server, world.client_a, world.tokens(world.client_a, ada)["refresh_token"])
    world.server.get("/v1/oauth2/userinfo", Authorization=f"Bearer {made['access_token']}")
    assert apps.is_active(world.server, world.client_a, made["refresh_token"])
    values.set(access_token=made["access_token"], refresh_token=made["refresh_token"])
    values.set(code=apps.obtain_code(ada.browser, world.client_a.authorize_params(values["challenge"])))
    values.set(**everything_used(world))


def _keys_rotated(values: Values) -> None:
    """The signing keys were rotated, and somebody holds an ID token from before."""
    old, new = forgery.key_ids(values.world)
    values.set(old_kid=old, new_kid=new, old_hint=forgery.genuine(values, retired=True))


def _forged_hint(forge: Callable[[Values], str], values: Values) -> None:
    hint = forge(values)
    values.set(forged_hint=hint, other_jwt=hint)


def _challenge_stripped(values: Values) -> None:
    """Somebody took the challenge out of the authorization request of an app that is allowed to leave it out."""
    app = values.world.client_without_pkce
    values.set_app(app)
    values.set(code=apps.obtain_code(values.world.ada.browser, app.authorize_params("")))


def _two_flows(values: Values) -> None:
    """Two flows of one client."""
    values.set(verifier_flow_1=apps.new_verifier(), code_flow_2=values["code"])


def _redeemed_earlier(values: Values) -> None:
    """The code was redeemed half a minute ago."""
    world = values.world
    made = apps.redeem(world.server, world.client_a, values["code"], values["verifier"])
    world.store.age_code(values["code"], 30)
    values.set(access_token=made["access_token"])


def _code_expired(values: Values) -> None:
    """Eleven minutes have passed."""
    values.world.store.age_code(values["code"], 660)


def _refreshed(values: Values) -> None:
    """The refresh token has been used once."""
    old_access, old_refresh = values["access_token"], values["refresh_token"]
    made = apps.refresh(values.world.server, values.world.client_a, old_refresh)
    values.set(old_access_token=old_access, old_refresh_token=old_refresh)
    values.set(new_access_token=made["access_token"], new_refresh_token=made["refresh_token"])


def _refreshed_long_ago(values: Values) -> None:
    """The refresh token has been used once, and the grace period is over."""
    _refreshed(values)
    values.world.store.age_rotation(values["old_refresh_token"], GRACE + 1)


def _refreshed_before_a_crash(values: Values) -> None:
    """The same, and the server was killed and started in between."""
    _refreshed(values)
    values.world.server.kill()
    values.world.server.start()
    values.world.store.age_rotation(values["old_refresh_token"], GRACE + 1)


def _consent_page_of_another_person(values: Values) -> None:
    """Ada's consent page is open; Bob has one open too, for a request of his own."""
    app, ada, bob = values.world.client_a, values.world.ada.browser, values.world.bob.browser
    ada.open("/oauth2/authorize", app.authorize_params(values["challenge"], prompt="consent"))
    form = ada.page.form("/oauth2/consent")
    bob.open("/oauth2/authorize", app.authorize_params(values["challenge"], prompt="consent"))
    values.set(consent_path=form.action, csrf=form.fields["csrf"])
    values.set(csrf_user_b=bob.page.form("/oauth2/consent").fields["csrf"])


def _client_with_every_scope(values: Values) -> None:
    """The client may ask for everything, so that only the tampering can be what is refused."""
    values.set_app(apps.register(values.world.server, redirect_uris=["https://app.example/callback"]))


def _client_name_with_markup(values: Values) -> None:
    """A client registered itself with markup for a name."""
    values.set_app(apps.register(values.world.server, client_name="<img src=x onerror=alert(1)>"))


def _registered_client_with_tokens(values: Values) -> None:
    """A client that registered itself has a refresh token."""
    app = apps.register(values.world.server)
    made = values.world.tokens(app, values.world.ada)
    values.set(dcr_client_id=app.client_id, refresh_token=made["refresh_token"])


def _account_to_guess(values: Values) -> None:
    """Nobody has guessed at this account yet."""
    values.set(email=values.world.somebody().email)


def _forgotten_password(values: Values) -> None:
    """Somebody wants a new password."""
    values.set(email=values.world.somebody().email)


def _verification_mailed(values: Values) -> None:
    """Somebody whose address is not confirmed yet asked for the link."""
    world, email, password = values.world, people.invent_email(), "a password for one case"
    world.server.run("user", "create", "--email", email, "--password", password)
    person = people.sign_in(world.server, email, password)
    person.browser.open("/account")
    assert person.browser.submit_to("/verify-email/send").status == 303
    values.browser.open("/verify-email", {"token": world.outbox.token(email, "/verify-email")})
    form = values.browser.page.form("/verify-email")
    values.set(mail_link=form.action, csrf=form.fields["csrf"], mail_link_token=form.fields["token"])


def _sign_in_again(values: Values) -> Person:
    """Ada at a new browser, which is the case's from now on."""
    values.world.ada_consented()
    ada = people.sign_in(values.world.server, values["email"], values["password"])
    values.set(session_cookie=ada.browser.cookie_header, session_cookie_value=ada.session)
    return ada


SITUATIONS: Mapping[str, Callable[[Values], None]] = {
    "account_to_guess": _account_to_guess,
    "challenge_stripped": _challenge_stripped,
    "client_name_with_markup": _client_name_with_markup,
    "client_with_every_scope": _client_with_every_scope,
    "code_expired": _code_expired,
    "consent_page_of_another_person": _consent_page_of_another_person,
    "digest_copied": _digest_copied,
    "forgotten_password": _forgotten_password,
    "keys_rotated": _keys_rotated,
    "older_session": _older_session,
    "organization_code": _organization_code,
    "organization_granted": _organization_granted,
    "organization_tokens": _organization_tokens,
    "own_session": _own_session,
    "redeemed_earlier": _redeemed_earlier,
    "refreshed": _refreshed,
    "refreshed_before_a_crash": _refreshed_before_a_crash,
    "refreshed_long_ago": _refreshed_long_ago,
    "registered_client_with_tokens": _registered_client_with_tokens,
    "resume_url_of_another_browser": _resume_url_of_another_browser,
    "row_broken": _row_broken,
    "two_flows": _two_flows,
    "verification_mailed": _verification_mailed,
    "whole_flow": _whole_flow,
    **ENDINGS,
    **SHOP_SITUATIONS,
    **{name: partial(_forged_hint, forge) for name, forge in forgery.FORGERIES.items()},
}
"""Before the request."""


def _flow_and_sign_out(values: Values, responses: Sequence[Response]) -> None:
    """A client that was registered signs somebody in, who signs out: whatever might be fetched is fetched by then."""
    made = responses[0].json
    if "client_id" not in made:
        return
    app = App(made["client_id"], made["client_secret"], made["redirect_uris"][0], made["registration_access_token"])
    ada = _sign_in_again(values)
    values.world.tokens(app, ada, scope=made["scope"])
    ada.browser.open("/account")
    assert ada.browser.submit_to("/sign-out").location == "/sign-in?done=signed_out"


AFTERWARDS: Mapping[str, Callable[[Values, Sequence[Response]], None]] = {
    "flow_and_sign_out": _flow_and_sign_out,
    **SHOP_AFTERWARDS,
}
"""Between the request and the look at its effects."""
