"""Scopes: the catalogue and the wire form (RFC 6749 §3.3)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from polar_server.oauth.errors import InvalidScope

# RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*")


class Access(StrEnum):
    """How a scope is grouped where people read it."""

    IDENTITY = "identity"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope with what it lets an app do, in words that continue "This app can ..."."""

    name: str
    access: Access
    words: str


def _resource(name: str, things: str, write: str) -> tuple[Scope, Scope]:
    return Scope(f"{name}:read", Access.READ, f"see your {things}"), Scope(f"{name}:write", Access.WRITE, write)


_CATALOGUE = (
    Scope("openid", Access.IDENTITY, "know who you are on Polar"),
    Scope("profile", Access.IDENTITY, "see your name and picture"),
    Scope("email", Access.IDENTITY, "see your email address"),
    Scope("user:read", Access.READ, "see your account details"),
    Scope("organizations:read", Access.READ, "see your organizations"),
    Scope("organizations:write", Access.WRITE, "create organizations, and change those you manage"),
    *_resource("products", "products and prices", "create, change and archive products and prices"),
    *_resource("orders", "orders", "change orders and give refunds"),
    *_resource("subscriptions", "subscriptions", "change and cancel subscriptions"),
    *_resource("customers", "customers", "create, change and delete customers"),
    *_resource("checkouts", "checkouts", "create and change checkouts"),
    *_resource("benefits", "benefits", "create, change and delete benefits"),
    *_resource("webhooks", "webhooks", "create, change and delete webhooks"),
    *_resource("files", "files", "upload, change and delete files"),
    Scope("metrics:read", Access.READ, "see your sales figures"),
)
SCOPES: dict[str, Scope] = {scope.name: scope for scope in _CATALOGUE}
NAMES: tuple[str, ...] = tuple(SCOPES)


def parse(scope: str) -> tuple[str, ...]:
    """The names of a scope parameter, in their order, each once. Raises InvalidScope when it is malformed."""
    if not _SCOPE.fullmatch(scope):
        raise InvalidScope("The scope is malformed: names are separated by single spaces.")
    return tuple(dict.fromkeys(scope.split(" ")))


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that are in the catalogue."""
    return tuple(name for name in names if name in SCOPES)


@lru_cache(maxsize=1000)
def split(scope: str) -> frozenset[str]:
    """The names of a scope that we stored."""
    return frozenset(scope.split())


def text(names: Iterable[str]) -> str:
    """The wire form, in the order of the catalogue."""
    return _text(frozenset(names))


@lru_cache(maxsize=1000)
def _text(names: frozenset[str]) -> str:
    return " ".join(name for name in NAMES if name in names)


def describe(names: Iterable[str]) -> dict[Access, list[Scope]]:
    """The scopes grouped for a page, in the order of the catalogue."""
    wanted = frozenset(names)
    return {access: [s for s in _CATALOGUE if s.access is access and s.name in wanted] for access in Access}


def requested(scope: str | None, registered: str) -> tuple[str, ...]:
    """The names that an authorization request asks for; without a scope, all that the client registered.

    Raises InvalidScope for a name outside the catalogue or outside the registration (RFC 6749 §3.3).
    """
    if scope is None:
        return tuple(registered.split())
    names = parse(scope)
    if unknown := [name for name in names if name not in SCOPES]:
        raise InvalidScope(f"Unknown scope: {unknown[0][:100]}.")
    allowed = frozenset(registered.split())
    if foreign := [name for name in names if name not in allowed]:
        raise InvalidScope(f"The client is not registered for the scope {foreign[0]}.")
    return names
