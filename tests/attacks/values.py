"""The values behind the placeholders of one case: each is made the way a user or an app gets it, when asked for."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping

from tests.attacks import apps
from tests.attacks.apps import App
from tests.attacks.browser import Browser
from tests.attacks.crowds import Crowd
from tests.attacks.placeholders import UnknownPlaceholder
from tests.attacks.server import ISSUER, Server
from tests.attacks.shop_values import SHOP_VALUES
from tests.attacks.world import World

# What comes after a token's prefix is the interesting part: nobody is fooled by POLAR_AC_.
_PREFIX = re.compile(r"((?:polar_(?:[a-z]{1,3}_)+)?)(.*)", re.DOTALL)

VARIANTS: Mapping[str, Callable[[str], str]] = {
    "_swapcase": lambda text: _PREFIX.sub(lambda parts: parts[1] + parts[2].swapcase(), text, count=1),
    "_truncated": lambda text: text[:-5],
    "_prefix": lambda text: text[:20],
    "_42": lambda text: text[:42],
    "_bad_crc": lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
}
"""Suffixes of names that ask for a changed value."""


class Values:
    """What a case knows. A situation sets values; others are made on first use and stay for the whole case."""

    def __init__(self, world: World, server: Server) -> None:
        self.world, self.server = world, server
        self.browser = Browser(server)
        """A visitor's browser, whose pages a case opens."""
        self.crowd: Crowd | None = None
        """Clients that a situation left hanging on the server."""
        self._known: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """The value. Raises UnknownPlaceholder for a name that nothing makes."""
        if name not in self._known:
            self.set(**self._make(name))
        return self._known[name]

    def knows(self, name: str) -> bool:
        """Whether the value has been used or set already."""
        return name in self._known

    def set(self, **values: str) -> None:
        """Know these values from now on."""
        self._known.update(values)

    def set_app(self, app: App) -> None:
        """Let another client be the one of the case."""
        self.set(
            client_id=app.client_id,
            client_secret=app.client_secret or "",
            redirect_uri=app.redirect_uri,
            registration_access_token=app.registration_access_token,
        )

    @property
    def credentials(self) -> dict[str, str]:
        """The credentials of the case's client."""
        return {"client_id": self["client_id"], "client_secret": self["client_secret"]}

    def _make(self, name: str) -> dict[str, str]:
        for suffix, vary in VARIANTS.items():
            if name.endswith(suffix):
                return {name: vary(self[name.removesuffix(suffix)])}
        if name in _OF_WORLD:
            return {name: _OF_WORLD[name](self.world)}
        if name in _OF_CASE:
            return _OF_CASE[name](self)
        raise UnknownPlaceholder(name)


def names() -> set[str]:
    """Every name that has a value without a situation."""
    return {*_OF_WORLD, *_OF_CASE}


_OF_WORLD: Mapping[str, Callable[[World], str]] = {
    "issuer": lambda _: ISSUER,
    "login_path": lambda _: "/sign-in",
    "logout_path": lambda _: "/sign-out",
    "mail_link_path": lambda _: "/forgot-password",
    "canary": lambda world: f"127.0.0.1:{world.canary.port}",
    "internal": lambda world: f"127.0.0.1:{world.canary.port}",
    "canary_internal_name": lambda world: f"localhost:{world.canary.port}",
    "client_id": lambda world: world.client_a.client_id,
    "client_secret": lambda world: world.client_a.client_secret or "",
    "client_name": lambda world: world.client_a_name,
    "redirect_uri": lambda world: world.client_a.redirect_uri,
    "registration_access_token": lambda world: world.client_a.registration_access_token,
    "client_b_id": lambda world: world.client_b.client_id,
    "client_b_secret": lambda world: world.client_b.client_secret or "",
    "registration_access_token_b": lambda world: world.client_b.registration_access_token,
    "public_client_id": lambda world: world.public_client.client_id,
    "public_redirect_uri": lambda world: world.public_client.redirect_uri,
    "native_client_id": lambda world: world.native_client.client_id,
    "dcr_client_id": lambda world: apps.register(world.server).client_id,
    "email": lambda world: world.ada.email,
    "password": lambda world: world.ada.password,
    "session_cookie_value": lambda world: world.ada.session,
    "org_a": lambda world: world.org_a.id,
    "org_a_name": lambda world: world.org_a.name,
    "org_b": lambda world: world.org_b.id,
    "org_b_name": lambda world: world.org_b.name,
    "org_b_member": lambda world: world.org_b_member.id,
    "state": lambda _: secrets.token_urlsafe(16),
    "nonce": lambda _: secrets.token_urlsafe(16),
    "challenge_with_plus": lambda _: "a+b/" + secrets.token_urlsafe(40)[:39],
    **SHOP_VALUES,
}


def _client_basic(values: Values) -> dict[str, str]:
    pair = f"{values['client_id']}:{values['client_secret']}"
    return {"client_basic": base64.b64encode(pair.encode()).decode()}


def _pkce(_: Values) -> dict[str, str]:
    verifier = apps.new_verifier()
    return {"verifier": verifier, "challenge": apps.challenge_of(verifier)}


def _session_cookie(values: Values) -> dict[str, str]:
    values.world.ada_consented()
    return {"session_cookie": values.world.ada.browser.cookie_header}


def _victim_user_id(values: Values) -> dict[str, str]:
    row = values.world.store.find("SELECT id FROM users WHERE email = :email", email=values.world.ada.email)
    assert row is not None, "she has an account"
    return {"victim_user_id": row["id"]}


def _code(values: Values) -> dict[str, str]:
    params = values.world.client_a.authorize_params(values["challenge"])
    return {"code": apps.obtain_code(values.world.ada.browser, params)}


def _tokens(values: Values) -> dict[str, str]:
    made = values.world.tokens(values.world.client_a, values.world.ada)
    return {name: made[name] for name in ("access_token", "refresh_token", "id_token")}


def _token_of(name: str, find_app: Callable[[World], App], **params: str) -> Callable[[Values], dict[str, str]]:
    """Makes the access token of one more flow of Ada's."""

    def make(values: Values) -> dict[str, str]:
        made = values.world.tokens(find_app(values.world), values.world.ada, **params)
        return {name: made["access_token"]}

    return make


def _expired_access_token(values: Values) -> dict[str, str]:
    values.world.store.age_access_token(values["access_token"], 3601)
    return {"expired_access_token": values["access_token"]}


def _revoked_token(values: Values) -> dict[str, str]:
    world, token = values.world, values["access_token"]
    answer = world.server.post("/v1/oauth2/revoke", {"token": token, **world.client_a.credentials})
    assert answer.status == 200, answer.text
    return {"revoked_token": token}


def _consent_page(values: Values) -> dict[str, str]:
    """The page on which Ada would choose an organization for the case's client."""
    app = App(values["client_id"], None, values["redirect_uri"], "")
    assert values["org_a"], "there must be one to choose before the page is shown"
    params = app.authorize_params(values["challenge"], sub_type="organization", prompt="consent")
    return {"consent_page": apps.authorize_path(params)}


def _client_a(world: World) -> App:
    return world.client_a


_OF_CASE: Mapping[str, Callable[[Values], dict[str, str]]] = {
    "client_basic": _client_basic,
    "verifier": _pkce,
    "challenge": _pkce,
    "session_cookie": _session_cookie,
    "user_b_cookie": lambda values: {"user_b_cookie": values.world.bob.browser.cookie_header},
    "victim_user_id": _victim_user_id,
    "browser_cookie": lambda values: {"browser_cookie": values.browser.cookie_header},
    "code": _code,
    "access_token": _tokens,
    "refresh_token": _tokens,
    "id_token": _tokens,
    "access_token_b": _token_of("access_token_b", lambda world: world.client_b),
    "public_access_token": _token_of("public_access_token", lambda world: world.public_client),
    "token_no_openid": _token_of("token_no_openid", _client_a, scope="products:read"),
    "token_read": _token_of("token_read", _client_a, scope="products:read"),
    "token_openid_only": _token_of("token_openid_only", _client_a, scope="openid"),
    "token_orders_write": _token_of("token_orders_write", lambda world: world.public_client, scope="orders:write"),
    "expired_access_token": _expired_access_token,
    "revoked_token": _revoked_token,
    "consent_page": _consent_page,
}
