"""Clients and how they authenticate (RFC 6749 §2)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.samples import CLIENT_ID, NOW, SECRET, SERVER_KEYS, client, public_client

from polar_server.oauth import clients
from polar_server.oauth.clients import AuthMethod, Client, ClientSecrets, Credentials
from polar_server.oauth.errors import InvalidClient, InvalidRequest, OAuthError, UnauthorizedClient
from polar_server.oauth.server_keys import ServerKeys

BASIC, POST, ANY, NONE = (
    AuthMethod.CLIENT_SECRET_BASIC,
    AuthMethod.CLIENT_SECRET_POST,
    AuthMethod.CLIENT_SECRET_ANY,
    AuthMethod.NONE,
)
SECRETS = ClientSecrets(clients.secret_digest(CLIENT_ID, SECRET, SERVER_KEYS), SERVER_KEYS.key_id)


def basic(pair: str | bytes) -> str:
    raw = pair.encode() if isinstance(pair, str) else pair
    return f"Basic {base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    "authorization, form, presented",
    [
        pytest.param(None, {"client_id": "c"}, Credentials("c", None, NONE), id="none"),
        pytest.param(None, {"client_id": "c", "client_secret": "s"}, Credentials("c", "s", POST), id="post"),
        pytest.param(basic("c:s"), {}, Credentials("c", "s", BASIC), id="basic"),
        pytest.param(basic("c:s"), {"client_id": "c"}, Credentials("c", "s", BASIC), id="basic, client_id repeated"),
        pytest.param(basic("c:s").replace("Basic", "bAsIc"), {}, Credentials("c", "s", BASIC), id="case of the scheme"),
        pytest.param(basic("c:s").replace(" ", "  "), {}, Credentials("c", "s", BASIC), id="two spaces"),
        pytest.param(basic("c:s:t"), {}, Credentials("c", "s:t", BASIC), id="the first colon separates"),
        pytest.param(basic("c:"), {}, Credentials("c", "", BASIC), id="empty secret"),
        pytest.param(basic("c%3A1:s%2Bt+u%25"), {}, Credentials("c:1", "s+t u%", BASIC), id="form-encoded (§2.3.1)"),
        pytest.param(basic("c:é"), {}, Credentials("c", "é", BASIC), id="UTF-8"),
        pytest.param(basic("c:s%zz"), {}, Credentials("c", "s%zz", BASIC), id="bad escape"),
    ],
)
def test_presented(authorization: str | None, form: dict[str, str], presented: Credentials) -> None:
    """RFC 6749 §2.3.1: credentials come by HTTP Basic or in the body."""
    assert clients.presented(authorization, form) == presented


@pytest.mark.parametrize(
    "authorization, form, error",
    [
        pytest.param(None, {}, InvalidClient, id="nothing"),
        pytest.param(None, {"client_secret": "s"}, InvalidClient, id="a secret without a client"),
        pytest.param(basic("c:s"), {"client_secret": "s"}, InvalidRequest, id="two methods (§2.3)"),
        pytest.param(basic("c:s"), {"client_id": "d"}, InvalidRequest, id="two clients"),
        pytest.param("Bearer x", {"client_id": "c"}, InvalidClient, id="another scheme"),
        pytest.param(basic("c:s").replace("Basic", "Bearer"), {}, InvalidClient, id="another scheme, same value"),
        pytest.param("", {"client_id": "c"}, InvalidClient, id="empty header"),
        pytest.param("Basic", {}, InvalidClient, id="scheme only"),
        pytest.param("Basic !!!", {}, InvalidClient, id="not base64"),
        pytest.param("Basic é", {}, InvalidClient, id="not ASCII"),
        pytest.param("Basic \ud800", {}, InvalidClient, id="a surrogate"),
        pytest.param(basic("cc:s").rstrip("="), {}, InvalidClient, id="no padding"),
        pytest.param(basic("cs"), {}, InvalidClient, id="no colon"),
        pytest.param(basic(":s"), {}, InvalidClient, id="no client"),
        pytest.param(basic(b"c:\xff"), {}, InvalidClient, id="not UTF-8"),
        pytest.param(basic("c:%ff"), {}, InvalidClient, id="not UTF-8, encoded"),
        pytest.param(basic("c\0d:s"), {}, InvalidClient, id="NUL in the client"),
        pytest.param(basic("c%00d:s"), {}, InvalidClient, id="NUL in the client, encoded"),
        pytest.param(None, {"client_id": "é"}, InvalidClient, id="a client outside ASCII"),
        pytest.param(None, {"client_id": "c d"}, InvalidClient, id="a space in the client"),
        pytest.param(None, {"client_id": "c\n"}, InvalidClient, id="a newline behind the client"),
        pytest.param(None, {"client_id": "c" * 10_000}, InvalidClient, id="a long client"),
    ],
)
def test_not_presented(authorization: str | None, form: dict[str, str], error: type[OAuthError]) -> None:
    """RFC 6749 §5.2: missing or malformed credentials are invalid_client, two at once invalid_request."""
    with pytest.raises(error) as refused:
        clients.presented(authorization, form)
    assert type(refused.value) is error


@given(st.text(st.characters(), max_size=40) | st.binary(max_size=40).map(basic))
def test_any_header(authorization: str) -> None:
    """Any Authorization header is read or refused, and what was read can be looked up."""
    try:
        credentials = clients.presented(authorization, {})
    except OAuthError:
        return
    assert credentials.client_id.isascii()
    assert credentials.client_id.isprintable()


@pytest.mark.parametrize(
    "registered, sent",
    [
        (POST, Credentials(CLIENT_ID, SECRET, POST)),
        (BASIC, Credentials(CLIENT_ID, SECRET, BASIC)),
        (ANY, Credentials(CLIENT_ID, SECRET, POST)),
        (ANY, Credentials(CLIENT_ID, SECRET, BASIC)),
    ],
)
def test_authenticates(registered: AuthMethod, sent: Credentials) -> None:
    """A confidential client proves itself by its secret, in the way it registered (RFC 7591 §2)."""
    known = client(auth_method=registered)
    assert clients.authenticate(known, SECRETS, sent, SERVER_KEYS, NOW) is known


def test_public_client() -> None:
    """RFC 6749 §3.2.1: a public client only names itself."""
    known = public_client()
    assert clients.authenticate(known, None, Credentials(CLIENT_ID, None, NONE), SERVER_KEYS, NOW) is known


REFUSALS = [
    pytest.param(None, None, Credentials(CLIENT_ID, SECRET, POST), id="unknown client"),
    pytest.param(None, None, Credentials(CLIENT_ID, None, NONE), id="unknown client without a secret"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, "wrong", POST), id="wrong secret"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, SECRET[:-1], POST), id="shortened secret"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, SECRET + "\n", POST), id="newline behind the secret"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, SECRET.swapcase(), POST), id="other case"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, "é", POST), id="secret outside ASCII"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, "\ud800", POST), id="a surrogate"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, "", BASIC), id="empty secret"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, "None", POST), id="the word None"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, None, NONE), id="no secret (CVE-2026-44476)"),
    pytest.param(client(auth_method=ANY), SECRETS, Credentials(CLIENT_ID, None, NONE), id="no secret, either method"),
    pytest.param(client(), SECRETS, Credentials(CLIENT_ID, SECRET, BASIC), id="basic instead of post"),
    pytest.param(client(auth_method=BASIC), SECRETS, Credentials(CLIENT_ID, SECRET, POST), id="post instead of basic"),
    pytest.param(client(), None, Credentials(CLIENT_ID, SECRET, POST), id="nothing kept"),
    pytest.param(client(), ClientSecrets(None, None), Credentials(CLIENT_ID, "", POST), id="no digest kept"),
    pytest.param(client(), SECRETS, Credentials("other", SECRET, POST), id="another client's secret"),
    pytest.param(public_client(), None, Credentials(CLIENT_ID, "x", POST), id="public client with a secret"),
    pytest.param(public_client(), None, Credentials(CLIENT_ID, "", BASIC), id="public client by Basic"),
]


@pytest.mark.parametrize("known, secrets, sent", REFUSALS)
def test_refuses(known: Client | None, secrets: ClientSecrets | None, sent: Credentials) -> None:
    """RFC 6749 §5.2: anything else is invalid_client, after the same work, and no answer repeats the secret."""
    keys = Counting([bytes(range(32))])
    with pytest.raises(InvalidClient) as refused:
        clients.authenticate(known, secrets, sent, keys, NOW)
    assert SECRET not in refused.value.description + refused.value.detail
    # Time does not tell an unknown client from a wrong secret.
    assert keys.count == 1


class Counting(ServerKeys):
    """Server keys that count the digests they make."""

    count = 0

    def digest(self, secret: str, key_id: str | None = None) -> str:
        self.count += 1
        return super().digest(secret, key_id)


def test_only_who_has_the_secret_learns_the_method() -> None:
    """A wrong secret by the wrong method is told like a wrong secret; with the right one the remedy is named."""
    descriptions = []
    for secret in ("wrong", SECRET):
        with pytest.raises(InvalidClient) as refused:
            clients.authenticate(client(), SECRETS, Credentials(CLIENT_ID, secret, BASIC), SERVER_KEYS, NOW)
        descriptions.append(refused.value.description)
    assert descriptions == [
        "Client authentication failed.",
        "The client is registered for client_secret_post, not for client_secret_basic.",
    ]


@pytest.mark.parametrize(
    "seconds, secret, works",
    [
        pytest.param(0, "previous", True, id="previous, during the overlap"),
        pytest.param(99, "previous", True, id="previous, in its last second"),
        pytest.param(100, "previous", False, id="previous, when it has expired"),
        pytest.param(0, "current", True, id="current"),
        pytest.param(100, "current", True, id="current, afterwards"),
        pytest.param(0, "older", False, id="the one before"),
    ],
)
def test_rotated_secret(seconds: int, secret: str, *, works: bool) -> None:
    """After a rotation both secrets work until the previous one expires."""
    sent = Credentials(CLIENT_ID, secret, POST)
    assert _proves(_rotated(NOW + 100), sent, NOW + seconds) is works


def test_previous_secret_without_an_end() -> None:
    """A previous secret without a moment of expiry does not work."""
    assert not _proves(_rotated(None), Credentials(CLIENT_ID, "previous", POST), NOW)


def test_secret_of_an_old_server_key() -> None:
    """Secrets that were digested under an older server key still work."""
    rotated = ServerKeys([b"\1" * 32, bytes(range(32))])
    sent = Credentials(CLIENT_ID, SECRET, POST)
    assert clients.authenticate(client(), SECRETS, sent, rotated, NOW).client_id == CLIENT_ID


def _rotated(expires_at: int | None) -> ClientSecrets:
    current, previous = (clients.secret_digest(CLIENT_ID, text, SERVER_KEYS) for text in ("current", "previous"))
    return ClientSecrets(current, SERVER_KEYS.key_id, previous, SERVER_KEYS.key_id, expires_at)


def _proves(secrets: ClientSecrets, sent: Credentials, now: int) -> bool:
    try:
        clients.authenticate(client(), secrets, sent, SERVER_KEYS, now)
    except InvalidClient:
        return False
    return True


def test_digest_belongs_to_its_client() -> None:
    """The digest of a secret, copied to another client's row, is worth nothing there."""
    assert clients.secret_digest("a", SECRET, SERVER_KEYS) != clients.secret_digest("b", SECRET, SERVER_KEYS)


@pytest.mark.parametrize(
    "registered, asked, allowed",
    [
        ("authorization_code refresh_token", "refresh_token", True),
        ("authorization_code", "authorization_code", True),
        ("authorization_code", "refresh_token", False),
        ("authorization_code", "code", False),
        ("authorization_code refresh_token", "authorization_code refresh_token", False),
        ("authorization_code", "", False),
    ],
)
def test_grant_types(registered: str, asked: str, *, allowed: bool) -> None:
    """RFC 6749 §5.2: a client uses only the grant types it registered, else it is unauthorized_client."""
    known = client(grant_types=registered)
    if allowed:
        known.require_grant_type(asked)
        return
    with pytest.raises(UnauthorizedClient):
        known.require_grant_type(asked)


def test_properties() -> None:
    """A client reads its lists from their wire form."""
    known = client(redirect_uris_json='["https://a.example/cb", "http://[::1]/"]', scope="openid email")
    assert known.redirect_uris == ("https://a.example/cb", "http://[::1]/")
    assert known.scopes == {"openid", "email"}
    assert [client(auth_method=method).is_public for method in AuthMethod] == [True, False, False, False]
