"""The secrets of an app: how long two work side by side while one takes the other's place."""

from polar_server.authorization_server import client_queries, clients
from polar_server.dashboard.apps.developers import Developer
from polar_server.oauth.clients import RegisteredClient

OVERLAPS = {"3600": "One hour", "86400": "One day", "604800": "One week", "2592000": "30 days", "0": "It ends at once"}
"""How long the old secret goes on working, by the value of the field: seconds."""


class TwoSecretsWork(Exception):
    """A third secret would end the oldest, which may still be in use somewhere."""


async def rotate_secret(developer: Developer, client: RegisteredClient, overlap: int) -> str | None:
    """A new secret; None for an app that has none. `overlap` is in seconds. Raises TwoSecretsWork."""
    server = developer.server
    async with server.database.write() as tx:
        # Two that are made at once would end the one in use.
        kept = await client_queries.lock_kept_secrets(tx, client.client_id)
        if kept is not None and kept.is_rotating(developer.now):
            raise TwoSecretsWork
        return await clients.rotate_secret(
            tx, server.server_keys, client.client_id, developer.visit.now_ms, overlap, developer.actor
        )
