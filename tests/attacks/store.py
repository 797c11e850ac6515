"""The server's database, for what an attacker waits for or an operator does behind the server's back."""

import asyncio
from typing import Any

from polar_server.authorization_server.signing_keys import load_keys
from polar_server.database import Database, Row, Statement, connect
from polar_server.oauth import tokens
from polar_server.oauth.keys import SigningKey
from polar_server.oauth.server_keys import ServerKeys

ANY_TOKEN = frozenset(tokens.TokenKind)


class Store:
    """Single statements on the database of a running server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def change(self, sql: str, **parameters: Any) -> None:
        """Run a statement that must touch exactly one row."""
        touched = asyncio.run(self._run(sql, parameters))
        assert touched == 1, f"{touched} rows: {sql}"

    def find(self, sql: str, **parameters: Any) -> Row | None:
        """The first row of a query."""
        return asyncio.run(self._first(sql, parameters))

    def signing_keys(self, server_keys: ServerKeys) -> list[SigningKey]:
        """The keys that sign ID tokens, opened as only the server can."""
        return asyncio.run(self._signing_keys(server_keys))

    def age_code(self, code: str, seconds: int) -> None:
        """Let a code be older than it is, and its redemption too."""
        self.change(
            "UPDATE authorization_codes SET expires_at = expires_at - :by, redeemed_at = redeemed_at - :by"
            " WHERE id = :id",
            id=id_of(code),
            by=seconds,
        )

    def age_access_token(self, token: str, seconds: int) -> None:
        """Let an access token be older than it is."""
        self.change(
            "UPDATE access_tokens SET created_at = created_at - :by, expires_at = expires_at - :by WHERE id = :id",
            id=id_of(token),
            by=seconds,
        )

    def age_rotation(self, refresh_token: str, seconds: int) -> None:
        """Let a refresh token have been used earlier than it was."""
        self.change(
            "UPDATE refresh_tokens SET rotated_at = rotated_at - :by WHERE id = :id AND rotated_at IS NOT NULL",
            id=id_of(refresh_token),
            by=seconds,
        )

    def age_session(self, cookie_value: str, seconds: int) -> None:
        """Let somebody have signed in earlier than they did."""
        self.change(
            "UPDATE sessions SET authenticated_at = authenticated_at - :by WHERE id = :id",
            id=id_of(cookie_value),
            by=seconds,
        )

    async def _open(self) -> Database:
        database = connect(self._url, connections=1)
        await database.open()
        return database

    async def _run(self, sql: str, parameters: dict[str, Any]) -> int:
        database = await self._open()
        try:
            async with database.write() as transaction:
                return await transaction.run(Statement(sql), **parameters)
        finally:
            await database.close()

    async def _first(self, sql: str, parameters: dict[str, Any]) -> Row | None:
        database = await self._open()
        try:
            async with database.read() as transaction:
                return await transaction.first(Statement(sql), **parameters)
        finally:
            await database.close()

    async def _signing_keys(self, server_keys: ServerKeys) -> list[SigningKey]:
        database = await self._open()
        try:
            return await load_keys(database, server_keys, None)
        finally:
            await database.close()


def id_of(text: str) -> str:
    """The row's id of a code, a token or a session cookie's value."""
    token = tokens.parse(text, ANY_TOKEN)
    assert token is not None, "not a token of the server"
    return token.id
