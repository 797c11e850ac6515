"""What servers and operations are called in front of people, and which of ours a peer stands beside."""

from bench.servers import PEER

OPERATIONS = {
    "exchange ES256": "Code exchange, ES256",
    "exchange RS256": "Code exchange, RS256",
    "refresh": "Refresh",
    "introspect": "Introspection",
    "userinfo": "Userinfo",
    "revoke": "Revocation",
    "discovery": "Discovery",
    "jwks": "Key set",
    "failed authentication": "Failed authentication",
    "list products": "List of 20 products",
    "confirm once": "Checkout paid, bought once",
    "confirm subscription": "Checkout paid, a subscription",
}
STORES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "memory": "memory, nothing durable"}
_SERVERS = {
    "": "polar-server",
    "oidc-provider": "node-oidc-provider",
    "authlib-flask": "Authlib, Flask",
    "authlib-fastapi": "Authlib, FastAPI",
    PEER: "FastAPI, SQLAlchemy",
    "floor": "bare floor",
}


def store(target: str) -> str:
    """The store that a server runs on; the floor has none."""
    if target == PEER:
        return "postgres"
    name = target.rpartition(" ")[2]
    return name if name in STORES else ""


def is_ours(target: str) -> bool:
    return target in STORES


def server(target: str) -> str:
    """A server's name without its store's."""
    name = "" if is_ours(target) else target.removesuffix(f" {store(target)}")
    return _SERVERS.get(name, name)


def title(target: str) -> str:
    """A server's name with its store's."""
    place = STORES.get(store(target), "").partition(",")[0]
    return f"{server(target)} on {place}" if place else server(target)


def ours_beside(target: str) -> str | None:
    """Our server on the same store, on SQLite beside a peer that keeps nothing. None for ours and the floor."""
    if is_ours(target) or not store(target):
        return None
    return "postgres" if store(target) == "postgres" else "sqlite"
