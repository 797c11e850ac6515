"""Tokens of many people or organizations, each refreshed when it is due, by one thread or task while the others wait.

Across processes the server helps: a refresh token that is used twice within seconds gives the same successor.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from weakref import WeakValueDictionary

from polar_client.errors import BadRequestError
from polar_client.oauth.apps import AsyncOAuthApp, OAuthApp
from polar_client.oauth.errors import SignInRequired
from polar_client.oauth.stores import Vault
from polar_client.oauth.tokens import Tokens

INVALID_GRANT = "invalid_grant"
"""The server's word for a refresh token that is over (RFC 6749 §5.2)."""


class Sessions:
    """The tokens in a vault, by name: an id of your own, of a user or of an account that they connected."""

    def __init__(self, app: OAuthApp, vault: Vault) -> None:
        self._app = app
        self._vault = vault
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._making = threading.Lock()

    def save(self, name: str, tokens: Tokens) -> None:
        """Keep what `exchange` gave."""
        with self._lock(name):
            self._vault.save(name, tokens)

    def access_token(self, name: str) -> str:
        """A token that is good for half a minute at least. Raises SignInRequired, and what calls raise."""
        tokens = _found(name, self._vault.load(name))
        return tokens.access_token if tokens.is_fresh(time.time()) else self._refreshed(name).access_token

    def token_of(self, name: str) -> Callable[[], str]:
        """What `Polar` takes as its access_token: it asks at each call."""
        return partial(self.access_token, name)

    def end(self, name: str) -> None:
        """Sign out: the tokens are revoked at the server and forgotten here."""
        with self._lock(name):
            tokens = self._vault.load(name)
            self._vault.remove(name)
        if tokens is not None:
            self._app.revoke(tokens.refresh_token or tokens.access_token)

    def _refreshed(self, name: str) -> Tokens:
        with self._lock(name):
            # Whoever waited for the lock finds what the first one got.
            tokens = _found(name, self._vault.load(name))
            if tokens.is_fresh(time.time()):
                return tokens
            try:
                fresh = self._app.refresh(_refreshable(name, tokens))
            except BadRequestError as error:
                if error.error != INVALID_GRANT:
                    raise
                self._vault.remove(name)
                raise _over(name) from None
            self._vault.save(name, fresh)
            return fresh

    def _lock(self, name: str) -> threading.Lock:
        """The lock of this name, which is forgotten when nobody holds it or waits for it."""
        with self._making:
            return self._locks.setdefault(name, threading.Lock())


class AsyncSessions:
    """The same, awaited. The vault is asked in threads, so that no file keeps the event loop waiting."""

    def __init__(self, app: AsyncOAuthApp, vault: Vault) -> None:
        self._app = app
        self._vault = vault
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def save(self, name: str, tokens: Tokens) -> None:
        """Keep what `exchange` gave."""
        async with self._lock(name):
            await asyncio.to_thread(self._vault.save, name, tokens)

    async def access_token(self, name: str) -> str:
        """A token that is good for half a minute at least. Raises SignInRequired, and what calls raise."""
        tokens = _found(name, await asyncio.to_thread(self._vault.load, name))
        return tokens.access_token if tokens.is_fresh(time.time()) else (await self._refreshed(name)).access_token

    def token_of(self, name: str) -> Callable[[], Awaitable[str]]:
        """What `AsyncPolar` takes as its access_token: it asks at each call."""
        return partial(self.access_token, name)

    async def end(self, name: str) -> None:
        """Sign out: the tokens are revoked at the server and forgotten here."""
        async with self._lock(name):
            tokens = await asyncio.to_thread(self._vault.load, name)
            await asyncio.to_thread(self._vault.remove, name)
        if tokens is not None:
            await self._app.revoke(tokens.refresh_token or tokens.access_token)

    async def _refreshed(self, name: str) -> Tokens:
        async with self._lock(name):
            tokens = _found(name, await asyncio.to_thread(self._vault.load, name))
            if tokens.is_fresh(time.time()):
                return tokens
            try:
                fresh = await self._app.refresh(_refreshable(name, tokens))
            except BadRequestError as error:
                if error.error != INVALID_GRANT:
                    raise
                await asyncio.to_thread(self._vault.remove, name)
                raise _over(name) from None
            await asyncio.to_thread(self._vault.save, name, fresh)
            return fresh

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())


def _found(name: str, tokens: Tokens | None) -> Tokens:
    if tokens is None:
        raise SignInRequired(f"There are no tokens for {name!r}.")
    return tokens


def _refreshable(name: str, tokens: Tokens) -> Tokens:
    if tokens.refresh_token is None:
        raise SignInRequired(f"The token of {name!r} has expired, and cannot be refreshed.")
    return tokens


def _over(name: str) -> SignInRequired:
    return SignInRequired(f"The tokens of {name!r} cannot be refreshed any more.")
