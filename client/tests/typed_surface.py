"""What both type checkers see of the public surface: never run, only checked."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from polar_client import UNSET, AsyncPolar, Page, Polar
from polar_client.loopback import sign_in
from polar_client.oauth import AsyncOAuthApp, AsyncSessions, OAuthApp, Sessions, Started, Tokens
from polar_client.resources.files import File
from polar_client.resources.metrics import MetricsAnswer
from polar_client.resources.oauth2 import OAuth2Client
from polar_client.resources.orders import Order
from polar_client.resources.products import Product
from polar_client.webhooks import verify


def blocking(polar: Polar) -> None:
    """Each kind of method on the blocking client."""
    assert_type(polar.products.list(), Page[Product])
    assert_type(polar.products.iter_all(query="lamp", metadata={"color": ["green"]}), Iterator[Product])
    assert_type(polar.products.update("id", name="Lamp", description=None, visibility=UNSET), Product)
    assert_type(polar.products.delete("id"), None)
    assert_type(polar.for_organization("id").orders.list(status=["paid"]).items, list[Order])
    assert_type(polar.oauth2.create_client(client_name="App", redirect_uris=["https://a.example"]), OAuth2Client)
    assert_type(polar.files.upload(b"x", service="downloadable", name="a", mime_type="text/plain"), File)
    assert_type(polar.customers.export(), str)


async def awaited(polar: AsyncPolar) -> None:
    """The same methods, awaited."""
    assert_type(await polar.products.list(sorting="-name"), Page[Product])
    assert_type(polar.products.iter_all(), AsyncIterator[Product])
    assert_type(await polar.files.upload(b"x", service="downloadable", name="a", mime_type="text/plain"), File)
    assert_type((await polar.orders.get("id")).customer.email, str | None)


def signing_in(app: OAuthApp, sessions: Sessions) -> Polar:
    """Sign-in, tokens that are kept, and the client that uses them."""
    started = app.authorization_url("openid", sub_type="organization")
    assert_type(started, Started)
    tokens = app.exchange("https://a.example/callback?code=c", started.saved)
    assert_type(tokens, Tokens)
    assert_type(app.refresh(tokens), Tokens)
    assert_type(sign_in("id", issuer="https://id.example"), Tokens)
    return Polar(sessions.token_of("ada"), base_url="https://id.example")


async def signing_in_awaited(app: AsyncOAuthApp, sessions: AsyncSessions) -> AsyncPolar:
    """The same, awaited."""
    assert_type(await app.exchange("url", (await app.authorization_url()).saved), Tokens)
    return AsyncPolar(sessions.token_of("ada"), base_url="https://id.example")


def received(body: bytes, headers: dict[str, str]) -> Order:
    """A webhook and its thing."""
    return verify(body, headers, "whsec_").read(Order)


def mistakes(polar: Polar, answer: MetricsAnswer) -> None:
    """Each of these is an error for both checkers; an ignore that is not needed is one as well."""
    polar.products.create(name="Lamp")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    polar.products.update("id", title="Lamp")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    polar.products.list(is_archived="no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    polar.orders.list(status="payed")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    polar.products.update("id", name=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Polar("token")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = answer.totals.revenues  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
