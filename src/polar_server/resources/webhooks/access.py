"""Who may see webhooks: secrets are in them, so only those who manage the organization."""

from collections.abc import Iterable

from polar_server.accounts.roles import allowed_scopes
from polar_server.resource_server.caller import Caller

READ, WRITE = "webhooks:read", "webhooks:write"


def reach(caller: Caller, asked: Iterable[str] | None = None) -> str:
    """The organizations that a list may touch, as a JSON list: those asked for, if the caller manages them."""
    managed = {name for name, role in caller.organizations.items() if allowed_scopes(role, frozenset({READ}))}
    return caller.reach(managed if asked is None else managed & set(asked))
