"""The two clients: `Polar` blocks, `AsyncPolar` is awaited. Both have the same parts with the same methods."""

import platform
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Generic, Self

import httpx

from polar_client.attempts import Options
from polar_client.operations import Way
from polar_client.resources.benefit_grants import BenefitGrants
from polar_client.resources.benefits import Benefits
from polar_client.resources.checkouts import Checkouts
from polar_client.resources.customers import Customers
from polar_client.resources.files import Files
from polar_client.resources.license_keys import LicenseKeys
from polar_client.resources.metrics import Metrics
from polar_client.resources.oauth2 import OAuth2
from polar_client.resources.orders import Orders
from polar_client.resources.organizations import Organizations
from polar_client.resources.products import Products
from polar_client.resources.refunds import Refunds
from polar_client.resources.subscriptions import Subscriptions
from polar_client.resources.users import Users
from polar_client.resources.webhooks import Webhooks
from polar_client.sending import LIMITS, Async, Sync, checked_token, proxy_for

API_VERSION = "2027-01"
"""The version of the API that this package was written for, sent with each call."""


class Api(Generic[Way]):
    """All parts of the API."""

    _options = Options("")  # so that an error in making a client can show it

    def __init__(self, way: Way, options: Options) -> None:
        self._way = way
        self._options = options
        self.organizations = Organizations(way, options)
        self.users = Users(way, options)
        self.files = Files(way, options)
        self.products = Products(way, options)
        self.benefits = Benefits(way, options)
        self.customers = Customers(way, options)
        self.benefit_grants = BenefitGrants(way, options)
        self.license_keys = LicenseKeys(way, options)
        self.orders = Orders(way, options)
        self.subscriptions = Subscriptions(way, options)
        self.refunds = Refunds(way, options)
        self.checkouts = Checkouts(way, options)
        self.metrics = Metrics(way, options)
        self.webhooks = Webhooks(way, options)
        self.oauth2 = OAuth2(way, options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._options.base_url}>"

    def for_organization(self, organization_id: str) -> "Api[Way]":
        """The same client, narrowed to one of the organizations that a person's token reaches."""
        headers = {**self._options.headers, "Polar-Organization": organization_id}
        return Api(self._way, replace(self._options, headers=headers))


class Polar(Api[Sync]):
    """A client that blocks. Threads may share one; close it, or use it as a context manager.

    `access_token` is a token, or a function that gives one for each call, as `Sessions.token_of` of
    `polar_client.oauth` does. `timeout` is in seconds. `max_retries` is how often a call is sent again after 429, 5xx
    or a lost connection. `transport` is for proxies, certificates and tests; without one, the
    environment's proxy is used.
    """

    def __init__(
        self,
        access_token: str | Callable[[], str] | None = None,
        *,
        base_url: str,
        timeout: float = 30.0,
        max_retries: int = 2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        options = client_options(base_url, timeout, max_retries)
        transport = transport or httpx.HTTPTransport(limits=LIMITS, proxy=proxy_for(options.base_url))
        super().__init__(Sync(transport, _given(access_token)), options)

    def close(self) -> None:
        """Close the connections."""
        self._way.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncPolar(Api[Async]):
    """A client whose methods are awaited. One event loop may use it; close it, or use it as a context manager.

    Parameters are those of `Polar`; a function for `access_token` is asynchronous here.
    """

    def __init__(
        self,
        access_token: str | Callable[[], Awaitable[str]] | None = None,
        *,
        base_url: str,
        timeout: float = 30.0,
        max_retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        options = client_options(base_url, timeout, max_retries)
        transport = transport or httpx.AsyncHTTPTransport(limits=LIMITS, proxy=proxy_for(options.base_url))
        super().__init__(Async(transport, _awaited(access_token)), options)

    async def close(self) -> None:
        """Close the connections."""
        await self._way.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()


def client_options(base_url: str, timeout: float, max_retries: int) -> Options:
    """How to call a server. Raises ValueError for an address that is no URL."""
    if not base_url.startswith(("https://", "http://")):
        raise ValueError("base_url is the address of the server, with https:// or http://.")
    return Options(base_url.rstrip("/"), timeout, max_retries, _headers())


def _headers() -> Mapping[str, str]:
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Polar-Version": API_VERSION,
        "User-Agent": f"polar-client/{client_version()} Python/{platform.python_version()}",
    }


def client_version() -> str:
    """The version of this package, 0 where it was not installed."""
    try:
        return version("polar-client")
    except PackageNotFoundError:
        return "0"


def _given(access_token: str | Callable[[], str] | None) -> Callable[[], str] | None:
    """A function that gives the token: what is no attribute is in no repr."""
    if not isinstance(access_token, str):
        return access_token
    token = checked_token(access_token)
    return lambda: token


def _awaited(access_token: str | Callable[[], Awaitable[str]] | None) -> Callable[[], Awaitable[str]] | None:
    if not isinstance(access_token, str):
        return access_token
    token = checked_token(access_token)

    async def give() -> str:
        return token

    return give
