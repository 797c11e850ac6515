"""The secrets of an app: how long two work side by side while one takes the other's place."""

from polar_server.authorization_server import client_queries, clients
from polar_server.dashboard.apps.developers import Developer
from polar_server.oauth import tokens
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.tokens import Mint, Token, TokenKind

OVERLAPS = {"3600": "One hour", "86400": "One day", "604800": "One week", "2592000": "30 days", "0": "It ends at once"}
"""How long the old secret goes on working, by the value of the field: seconds."""


_TWO_WORK = "Two secrets work already. End the old one before you make another."
_OUTDATED = "A newer one was made while this page was open. Look over the page, and press the button once more."


class NotMade(Exception):
    """Nothing was made, for a reason that stands in the message; `field` is where the page shows it."""

    def __init__(self, sentence: str, field: str = "form") -> None:
        super().__init__(sentence)
        self.errors = {field: sentence}


async def rotate_secret(developer: Developer, client: RegisteredClient, overlap: int, mint: Mint) -> str | None:
    """A new secret; None for an app that has none. `overlap` is in seconds. Raises NotMade."""
    server, secret = developer.server, mint(TokenKind.CLIENT_SECRET)
    async with server.database.write() as tx:
        # Two that are made at once would end the one in use.
        kept = await client_queries.lock_kept_secrets(tx, client.client_id)
        if kept is not None and _is_made(secret, kept.secret_id):
            return secret.text
        if kept is not None and kept.is_rotating(developer.now):
            # A third one would end the oldest, which may still be in use somewhere.
            raise NotMade(_TWO_WORK)
        return await clients.rotate_secret(
            tx, server.server_keys, client.client_id, developer.visit.now_ms, overlap, developer.actor, mint=mint
        )


async def replace_secret(developer: Developer, client: RegisteredClient, mint: Mint) -> tuple[str, int] | None:
    """Another new secret while the old one works, and until when it does. None when it does not. Raises NotMade."""
    server, secret = developer.server, mint(TokenKind.CLIENT_SECRET)
    async with server.database.write() as tx:
        kept = await client_queries.lock_kept_secrets(tx, client.client_id)
        if kept is None or kept.previous_expires_at is None:
            return None
        if not _is_made(secret, kept.secret_id) and not await clients.replace_secret(
            tx, server.server_keys, client, developer.actor, developer.visit.now_ms, mint=mint
        ):
            return None
        return secret.text, kept.previous_expires_at


async def renew_registration_token(developer: Developer, client: RegisteredClient, mint: Mint) -> str | None:
    """A new registration access token; None when the app is gone. Raises NotMade."""
    server, token = developer.server, mint(TokenKind.REGISTRATION_TOKEN)
    async with server.database.write() as tx:
        kept = await client_queries.lock_kept_secrets(tx, client.client_id)
        if kept is not None and _is_made(token, kept.registration_id):
            return token.text
        return await clients.renew_registration_token(
            tx, server.server_keys, client, developer.actor, developer.visit.now_ms, mint=mint
        )


def _is_made(token: Token, kept_id: str | None) -> bool:
    """Whether a form that was sent twice made this one before."""
    if kept_id is None:
        return False
    if tokens.is_older(token, kept_id):
        # Whoever sent the page did not see the one that it would replace.
        raise NotMade(_OUTDATED)
    return token.id == kept_id
