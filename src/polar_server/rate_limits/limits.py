"""The limits of the API: which there are, where they are counted, and what goes on when that place is down."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

import structlog

from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.rate_limits.tables import KEY, Table
from polar_server.rate_limits.windows import WINDOW, Standing
from polar_server.settings import Settings, SettingsError

RETRY_STORE_AFTER = 5
"""Seconds for which a store that failed is left alone."""
ADDRESS_FACTOR = 10
"""How many times the failures of one client at an address the address itself may have."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Quota:
    """A limit by its name on the wire; 0 is no limit."""

    name: str
    limit: int

    @cached_property
    def policy(self) -> tuple[bytes, bytes]:
        """The header that tells of it (draft-ietf-httpapi-ratelimit-headers-10 §3)."""
        return b"ratelimit-policy", f'"{self.name}";q={self.limit};w={WINDOW}'.encode()


class Counted(NamedTuple):
    """A call that was counted, or refused."""

    quota: Quota
    standing: Standing

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """RateLimit-Policy, RateLimit (§4 of the same draft), and Retry-After if refused."""
        standing = self.standing
        now = b'"%b";r=%d;t=%d' % (self.quota.name.encode(), standing.remaining, standing.reset)
        found = (self.quota.policy, (b"ratelimit", now))
        return found if standing.admitted else (*found, (b"retry-after", b"%d" % standing.reset))


class StoreDown(Exception):
    """A store did not answer in time, or not as it should."""


class Store(Protocol):
    """Counts that several hosts share."""

    async def take(self, key: bytes, limit: int) -> Standing:
        """Count one request when there is room for it. Raises StoreDown."""
        ...

    async def close(self) -> None: ...


class RateLimits:
    """Counts calls by subject and client, and failed authentications by client and address.

    `on_store_error` is called whenever the shared store did not answer.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float], on_store_error: Callable[[], None] = lambda: None
    ) -> None:
        self._clock, self._on_store_error = clock, on_store_error
        self._folder = settings.data_dir / "limits"
        self._quotas = {
            SubjectType.USER: Quota("user", settings.rate_limit_user),
            SubjectType.ORGANIZATION: Quota("organization", settings.rate_limit_organization),
        }
        self._of_visitors = {
            "checkout": Quota("checkout", settings.rate_limit_checkout),
            "confirmation": Quota("confirmation", settings.rate_limit_confirmation),
        }
        self._failures = settings.rate_limit_failed_authentication
        self._store = _store(settings.rate_limit_url) if settings.rate_limit_url else None
        self._store_rests_until = 0.0
        self._calls, self._failed = Table(None), Table(None)

    @property
    def shares(self) -> bool | None:
        """Whether several hosts count together at the moment. None where each counts for itself, as it is set up."""
        return None if self._store is None else self._clock() >= self._store_rests_until

    def open(self) -> None:
        """Share the counts with the other workers of this host."""
        self._calls, self._failed = self._table("calls"), self._table("failed")

    async def close(self) -> None:
        """Let go of files and connections."""
        self._calls.close()
        self._failed.close()
        if self._store is not None:
            await self._store.close()

    def count_call(self, subject: Subject, client_id: str) -> Awaitable[Counted | None]:
        """Count one call of the API. None where there is no limit."""
        return self._count(self._quotas[subject.type], subject.id, client_id)

    def count_visit(self, name: str, visitor: str) -> Awaitable[Counted | None]:
        """Count one call of somebody without a token, by the name of the limit. None where there is no limit."""
        return self._count(self._of_visitors[name], visitor)

    async def _count(self, quota: Quota, *caller: str) -> Counted | None:
        if not quota.limit:
            return None
        key = _key(quota.name, *caller)
        if self._store is not None and self._clock() >= self._store_rests_until:
            try:
                return Counted(quota, await self._store.take(key, quota.limit))
            except StoreDown as error:
                # The API answers on: each host then counts for itself.
                self._store_rests_until = self._clock() + RETRY_STORE_AFTER
                self._on_store_error()
                log.warning("rate_limit_store_down", reason=str(error), retry_after=RETRY_STORE_AFTER)
        return Counted(quota, self._calls.take(key, quota.limit, self._clock()))

    def count_failure(self, client_id: str, address: str) -> int:
        """Count a failed authentication; seconds to wait when it was one too many for the client or the address."""
        if not self._failures:
            return 0
        now = self._clock()
        whole = self._failed.take(_key("address", address), self._failures * ADDRESS_FACTOR, now)
        if not whole.admitted:
            return whole.reset
        one = self._failed.take(_key("client", client_id, address), self._failures, now)
        return 0 if one.admitted else one.reset

    def _table(self, name: str) -> Table:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return Table(self._folder / name)
        except OSError as error:
            log.warning("rate_limits_per_worker", reason=f"{self._folder} cannot be written: {error.strerror}")
            return Table(None)


def _store(url: str) -> Store:
    try:
        from polar_server.rate_limits.stores import SharedStore  # noqa: PLC0415 - it needs the optional redis-py
    except ImportError as error:
        raise SettingsError("POLAR_RATE_LIMIT_URL needs redis-py: install polar-server[redis].") from error
    return SharedStore(url)


@lru_cache(maxsize=10_000)
def _key(*parts: str) -> bytes:
    """The key of a caller. The parts are lengthened to be told apart."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=KEY).digest()
