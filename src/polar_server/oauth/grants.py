"""Redeeming a code and using a refresh token (RFC 6749 §4.1.3 and §6).

The order of checks: unknown, wrong client, expired, redirect_uri, PKCE, and only
then replay. Who cannot prove possession can neither burn a code nor end a grant.
A replay is a value, not an exception: the endpoint has to store what follows from
it before it refuses.
"""

from typing import NamedTuple

from polar_server.oauth import pkce, scopes, tokens
from polar_server.oauth.errors import InvalidGrant, InvalidScope
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import ACCESS_TOKEN_KINDS, REFRESH_TOKEN_KINDS, Subject, SubjectType
from polar_server.oauth.tokens import Token


class Grant(NamedTuple):
    """One approval by one person for one client, sub_type, organization and set of scopes.

    `alive` is whether everything it stands on still does: it is not revoked, the
    person is active and, for an organization, still a member, the client is not deleted.
    """

    id: str
    client_id: str
    subject: Subject
    scope: str
    alive: bool


class StoredCode(NamedTuple):
    """An authorization code as kept, with its grant."""

    id: str
    digest: str
    key_id: str
    redirect_uri: str | None
    code_challenge: str | None
    nonce: str | None
    auth_time: int
    expires_at: int
    redeemed_at: int | None
    grant: Grant


class StoredRefreshToken(NamedTuple):
    """A refresh token as kept, with its grant. `successor_used` is whether the one after it was used."""

    id: str
    digest: str
    key_id: str
    auth_time: int
    expires_at: int | None
    rotated_at: int | None
    successor_id: str | None
    successor_scope: str | None
    successor_expires_at: int | None
    successor_used: bool
    grant: Grant


class Redeemable(NamedTuple):
    """The code may be redeemed."""

    code: StoredCode


class Replayed(NamedTuple):
    """A code or refresh token was used again by somebody who could prove possession: the grant must end."""

    grant: Grant
    detail: str


class Refreshable(NamedTuple):
    """The refresh token may be rotated; the access token gets `scope`."""

    refresh_token: StoredRefreshToken
    scope: str


class Repeated(NamedTuple):
    """The direct parent came again within the grace period: the same successor is given again."""

    refresh_token: StoredRefreshToken
    scope: str


class TokenPair(NamedTuple):
    """An access token and its refresh token; both carry one id, in two tables."""

    access_token: Token
    refresh_token: Token | None


def redeem(
    presented: str, code: StoredCode | None, client_id: str, form: dict[str, str], keys: ServerKeys, now: int
) -> Redeemable | Replayed:
    """Whether this client may redeem this code with these parameters. Raises InvalidGrant."""
    if code is None or not keys.matches(presented, code.digest, code.key_id):
        raise InvalidGrant("unknown code")
    if code.grant.client_id != client_id:
        raise InvalidGrant("the code was issued to another client")
    if now >= code.expires_at:
        raise InvalidGrant("the code has expired")
    # RFC 6749 §4.1.3: the same redirect_uri when the authorization request had one.
    if form.get("redirect_uri") != code.redirect_uri:
        raise InvalidGrant("redirect_uri differs from that of the authorization request")
    pkce.verify(code.code_challenge, form.get("code_verifier"))
    if code.redeemed_at is not None:
        return Replayed(code.grant, "the code was redeemed before")
    if not code.grant.alive:
        raise InvalidGrant("the grant has ended")
    return Redeemable(code)


def refresh(  # noqa: PLR0917 - each is read from somewhere else, and none belongs to another
    presented: str,
    stored: StoredRefreshToken | None,
    client_id: str,
    scope: str | None,
    grace: int,
    keys: ServerKeys,
    now: int,
) -> Refreshable | Repeated | Replayed:
    """Whether this client may use this refresh token. Raises InvalidGrant, or InvalidScope for a wider scope."""
    if stored is None or not keys.matches(presented, stored.digest, stored.key_id):
        raise InvalidGrant("unknown refresh token")
    if stored.grant.client_id != client_id:
        raise InvalidGrant("the refresh token was issued to another client")
    if not stored.grant.alive:
        raise InvalidGrant("the grant has ended")
    if stored.rotated_at is not None:
        return _used_again(stored, grace, now)
    if stored.expires_at is not None and now >= stored.expires_at:
        raise InvalidGrant("the refresh token has expired")
    return Refreshable(stored, _narrowed(scope, stored.grant.scope))


def _used_again(stored: StoredRefreshToken, grace: int, now: int) -> Repeated | Replayed:
    """Within the grace period a client that lost the answer gets it again; anything else is a thief or his victim."""
    assert stored.rotated_at is not None
    if stored.successor_used:
        return Replayed(stored.grant, "a refresh token came again after its successor was used")
    # Another worker's clock may be ahead of ours; with no grace period there is none then either.
    if max(now - stored.rotated_at, 0) >= grace or stored.successor_scope is None:
        return Replayed(stored.grant, "a refresh token came again after the grace period")
    return Repeated(stored, stored.successor_scope)


def _narrowed(scope: str | None, granted: str) -> str:
    if scope is None:
        return granted
    wanted = scopes.parse(scope)
    # RFC 6749 §6: never more than was granted.
    if not frozenset(wanted).issubset(granted.split()):
        raise InvalidScope("The scope is wider than what was granted.")
    return scopes.text(wanted)


def issue(sub_type: SubjectType, now_ms: int, entropy: bytes, *, with_refresh_token: bool) -> TokenPair:
    """A first pair. `entropy` is `tokens.ENTROPY_BYTES` and `tokens.RANDOM_BYTES` more for the refresh token."""
    access_token = tokens.mint(ACCESS_TOKEN_KINDS[sub_type], now_ms, entropy)
    if not with_refresh_token:
        return TokenPair(access_token, None)
    return TokenPair(
        access_token, tokens.assemble(REFRESH_TOKEN_KINDS[sub_type], access_token.id, entropy[tokens.ENTROPY_BYTES :])
    )


def succeed(presented: str, successor_id: str, sub_type: SubjectType, keys: ServerKeys, key_id: str) -> TokenPair:
    """The pair that follows a refresh token: the same one for the same id, however often it is asked for.

    It is derived from the presented token under the server key, so nothing readable
    is stored for the grace period, and neither the database nor the key alone gives it.
    """
    secret = f"{successor_id} {presented}"
    return TokenPair(
        tokens.assemble(
            ACCESS_TOKEN_KINDS[sub_type], successor_id, keys.derive("successor access token", secret, key_id)
        ),
        tokens.assemble(
            REFRESH_TOKEN_KINDS[sub_type], successor_id, keys.derive("successor refresh token", secret, key_id)
        ),
    )
