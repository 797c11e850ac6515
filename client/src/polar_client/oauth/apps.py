"""An app that signs people in with Polar, or acts for them: authorization code with PKCE, and what follows."""

import math
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeAlias
from urllib.parse import urlencode

import httpx

from polar_client.attempts import Flow, Options
from polar_client.calls import Call
from polar_client.clients import client_options
from polar_client.oauth import id_tokens
from polar_client.oauth import saved as sign_ins
from polar_client.oauth.errors import InvalidCallback, InvalidIdToken
from polar_client.oauth.id_tokens import Claims, Expected, Key, KeySet
from polar_client.oauth.registrations import Metadata, Registration, code_of, register
from polar_client.oauth.saved import Saved, Started
from polar_client.oauth.tokens import Introspection, TokenAnswer, Tokens
from polar_client.operations import Resource, Way, procedure
from polar_client.resources.oauth2 import AuthMethod, SubType, Userinfo
from polar_client.sending import LIMITS, Async, Sync, proxy_for

Prompt: TypeAlias = Literal["none", "login", "consent", "select_account"]

_KEYS_REST = 10
"""Seconds between two looks at the server's keys, whatever tokens claim to be signed with."""


@dataclass(slots=True)
class Known:
    """What was learned from the server, for the life of the app."""

    metadata: Metadata | None = None
    keys: Mapping[str, Key] = field(default_factory=dict[str, Key])
    looked_at: float = -math.inf


class App(Resource[Way], Generic[Way]):
    """What both kinds of app do."""

    def __init__(self, way: Way, options: Options, registration: Registration) -> None:
        super().__init__(way, options)
        self._registration = registration
        self._known = Known()

    @procedure
    def authorization_url(
        self,
        scope: str = "openid profile email",
        *,
        sub_type: SubType | None = None,
        organization_id: str | None = None,
        prompt: Prompt | None = None,
        login_hint: str | None = None,
        max_age: int | None = None,
    ) -> Flow[Started]:
        """Begin a sign-in. Send the person to `url`, and keep `saved` for `exchange`.

        `sub_type="organization"` asks for a token of an organization, which the person chooses; `organization_id`
        proposes one. `max_age` is how many seconds ago they may have typed their password.
        """
        metadata = yield from self._metadata()
        ours = self._registration
        saved = sign_ins.begin(ours.redirect_uri, scope, int(time.time()), max_age)
        parameters = {
            "response_type": "code",
            "client_id": ours.client_id,
            "redirect_uri": ours.redirect_uri,
            "scope": scope,
            "state": saved.state,
            "nonce": saved.nonce,
            "code_challenge": saved.code_challenge,
            "code_challenge_method": "S256",
            **_given(sub_type=sub_type, sub=organization_id, prompt=prompt, login_hint=login_hint, max_age=max_age),
        }
        url = f"{metadata.authorization_endpoint}?{urlencode(parameters)}"
        return Started(url=url, saved=sign_ins.sign(saved, ours.saved_key))

    @procedure
    def exchange(self, callback_url: str, saved: str) -> Flow[Tokens]:
        """End a sign-in: the tokens for the code in `callback_url`, the whole address at which the person came back.

        Raises AuthorizationRefused, InvalidCallback, InvalidIdToken, and what calls raise.
        """
        ours = self._registration
        begun = sign_ins.read(saved, ours.saved_key, int(time.time()))
        code = code_of(callback_url, begun, ours.issuer)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.code_verifier,
        }
        answer: TokenAnswer = yield from self._token(form)
        return (yield from self._checked(answer, begun))

    @procedure
    def refresh(self, tokens: Tokens) -> Flow[Tokens]:
        """New tokens for old ones. The old refresh token is used up: keep the new one."""
        if tokens.refresh_token is None:
            raise ValueError("These tokens have no refresh token.")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        # A server that rotates answers a repeated request alike for some seconds, so a lost answer loses nothing.
        answer: TokenAnswer = yield from self._token(form, is_repeatable=True)
        fresh: Tokens = yield from self._checked(answer, None)
        # OpenID Connect Core §12.2: a refresh does not turn one person into another.
        if fresh.claims and tokens.claims and fresh.claims.sub != tokens.claims.sub:
            raise InvalidIdToken("The ID token of the refresh is somebody else's.")
        fresh.refresh_token = fresh.refresh_token or tokens.refresh_token
        fresh.claims = fresh.claims or tokens.claims
        return fresh

    @procedure
    def revoke(self, token: str) -> Flow[None]:
        """End a token; a refresh token ends all that came from its sign-in (RFC 7009)."""
        metadata = yield from self._metadata()
        yield self._call(metadata.revocation_endpoint, None, {"token": token}, is_repeatable=True)

    @procedure
    def introspect(self, token: str) -> Flow[Introspection]:
        """What the server says about a token (RFC 7662)."""
        metadata = yield from self._metadata()
        found: Introspection = yield self._call(
            metadata.introspection_endpoint, Introspection, {"token": token}, is_repeatable=True
        )
        return found

    @procedure
    def userinfo(self, access_token: str, *, sub: str | None = None) -> Flow[Userinfo]:
        """Who a token stands for. With the `sub` of the ID token, it is compared (OpenID Connect Core §5.3.2)."""
        metadata = yield from self._metadata()
        found: Userinfo = yield Call("GET", metadata.userinfo_endpoint, Userinfo, token=access_token)
        if sub not in (None, found.sub):
            raise InvalidIdToken("Userinfo is about somebody else than the ID token.")
        return found

    def _metadata(self) -> Flow[Metadata]:
        if self._known.metadata is None:
            found: Metadata = yield Call("GET", "/.well-known/openid-configuration", Metadata, is_open=True)
            # RFC 8414 §3.3: what another issuer wrote is not used.
            if found.issuer != self._registration.issuer:
                raise InvalidCallback("The server calls itself by another issuer than the one that was given.")
            self._known.metadata = found
        return self._known.metadata

    def _token(self, form: Mapping[str, str], *, is_repeatable: bool = False) -> Flow[TokenAnswer]:
        metadata = yield from self._metadata()
        answer: TokenAnswer = yield self._call(metadata.token_endpoint, TokenAnswer, form, is_repeatable=is_repeatable)
        return answer

    def _call(self, url: str, kind: Any, form: Mapping[str, str], *, is_repeatable: bool) -> Call[Any]:
        members, headers = self._registration.credentials()
        return Call("POST", url, kind, form={**members, **form}, headers=headers, is_repeatable=is_repeatable)

    def _checked(self, answer: TokenAnswer, begun: Saved | None) -> Flow[Tokens]:
        """The tokens of an answer, with the claims of its ID token."""
        now = int(time.time())
        if answer.token_type.lower() != "bearer":
            raise InvalidIdToken("The server gave a token of a kind that is not known here.")
        claims: Claims | None = None
        if answer.id_token is not None:
            claims = yield from self._claims(answer.id_token, answer.access_token, begun)
        elif begun is not None and "openid" in (answer.scope or begun.scope).split():
            raise InvalidIdToken("The server gave no ID token.")
        return Tokens(
            access_token=answer.access_token,
            expires_at=now + answer.expires_in,
            scope=answer.scope,
            refresh_token=answer.refresh_token,
            id_token=answer.id_token,
            claims=claims,
        )

    def _claims(self, id_token: str, access_token: str, begun: Saved | None) -> Flow[Claims]:
        ours = self._registration
        key = yield from self._key(id_tokens.read_header(id_token).kid)
        expected = Expected(
            issuer=ours.issuer,
            client_id=ours.client_id,
            access_token=access_token,
            now=int(time.time()),
            nonce=begun.nonce if begun else None,
            max_age=begun.max_age if begun else None,
        )
        return id_tokens.check(id_token, key, expected)

    def _key(self, kid: str) -> Flow[Key]:
        """The key of this name. One that is not known yet may be new, so the server is asked, but not for ever."""
        if kid not in self._known.keys and time.monotonic() > self._known.looked_at + _KEYS_REST:
            metadata = yield from self._metadata()
            published: KeySet = yield Call("GET", metadata.jwks_uri, KeySet)
            self._known.keys = {key.kid: key for key in published.keys if key.use in (None, "sig")}
            self._known.looked_at = time.monotonic()
        if kid not in self._known.keys:
            raise InvalidIdToken("The ID token is signed with a key that the server does not publish.")
        return self._known.keys[kid]


class OAuthApp(App[Sync]):
    """An app that blocks. Threads may share one.

    `client_secret` is None for a public client. `auth_method` is what was registered; without it, client_secret_post,
    or none without a secret. `saved_key` signs what `authorization_url` gives to keep: by default it comes from the
    secret, and for a public client it is random, so that a sign-in ends where it began, in this process.
    """

    def __init__(  # noqa: PLR0913  what was registered, and how to call
        self,
        client_id: str,
        client_secret: str | None = None,
        *,
        redirect_uri: str,
        issuer: str,
        auth_method: AuthMethod | None = None,
        saved_key: bytes | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        options = client_options(issuer, timeout, max_retries)
        transport = transport or httpx.HTTPTransport(limits=LIMITS, proxy=proxy_for(issuer))
        registration = register(client_id, client_secret, redirect_uri, issuer, auth_method, saved_key)
        super().__init__(Sync(transport, None), options, registration)

    def close(self) -> None:
        """Close the connections."""
        self._way.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncOAuthApp(App[Async]):
    """An app whose methods are awaited. Parameters are those of `OAuthApp`."""

    def __init__(  # noqa: PLR0913  what was registered, and how to call
        self,
        client_id: str,
        client_secret: str | None = None,
        *,
        redirect_uri: str,
        issuer: str,
        auth_method: AuthMethod | None = None,
        saved_key: bytes | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        options = client_options(issuer, timeout, max_retries)
        transport = transport or httpx.AsyncHTTPTransport(limits=LIMITS, proxy=proxy_for(issuer))
        registration = register(client_id, client_secret, redirect_uri, issuer, auth_method, saved_key)
        super().__init__(Async(transport, None), options, registration)

    def close(self) -> Awaitable[None]:
        """Close the connections."""
        return self._way.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()


def _given(**parameters: object) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}
