"""SQL that finds codes and tokens, each in one look with its grant and, where a client asks, that client."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from polar_server.accounts.roles import Role
from polar_server.authorization_server.client_queries import (
    CLIENT,
    CLIENT_COLUMNS,
    SECRETS,
    SECRETS_COLUMNS,
    client_of,
    secrets_of,
)
from polar_server.authorization_server.grant_queries import GRANT, GRANT_COLUMNS, WITH_GRANT, grant_of, role_of
from polar_server.database import Database, Row, look_up
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.clients import Client, ClientSecrets
from polar_server.oauth.grants import StoredCode, StoredRefreshToken
from polar_server.oauth.tokens import REFRESH_TOKENS, Token
from polar_server.oauth.userinfo import Profile

# The first columns are those of the client that asks.
_ASKING = CLIENT_COLUMNS + SECRETS_COLUMNS
_CODE_END = GRANT_COLUMNS + 9
_REFRESH_TOKEN_END = GRANT_COLUMNS + 10
_TOKEN_END = GRANT_COLUMNS + 7

_FIND_CODE = look_up(f"""
    SELECT {CLIENT}, {SECRETS}, {GRANT},
        t.id, t.digest, t.key_id, t.redirect_uri, t.code_challenge, t.nonce, t.auth_time, t.expires_at, t.redeemed_at
    FROM clients c
    LEFT JOIN authorization_codes t ON t.id = :id
    {WITH_GRANT}
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")

_FIND_REFRESH_TOKEN = look_up(f"""
    SELECT {CLIENT}, {SECRETS}, {GRANT},
        t.id, t.digest, t.key_id, t.auth_time, t.expires_at, t.rotated_at, t.successor_id,
        sa.scope AS successor_scope, sa.expires_at AS successor_expires_at, (s.rotated_at IS NOT NULL) AS successor_used
    FROM clients c
    LEFT JOIN refresh_tokens t ON t.id = :id
    LEFT JOIN refresh_tokens s ON s.id = t.successor_id
    LEFT JOIN access_tokens sa ON sa.id = t.successor_id
    {WITH_GRANT}
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")

_ACCESS_TOKEN = f"""
    SELECT {GRANT}, t.id, t.digest, t.key_id, t.scope, t.created_at, t.expires_at, t.revoked_at,
        u.name, u.picture, u.email, u.email_verified_at, o.name AS organization_name, o.avatar_url
"""
_OF_ACCESS_TOKEN = f"""
    FROM access_tokens t {WITH_GRANT}
    JOIN clients c ON c.client_id = g.client_id AND c.deleted_at IS NULL
    LEFT JOIN organizations o ON o.id = g.organization_id
    WHERE t.id = :id
"""
_FIND_ACCESS_TOKEN = look_up(_ACCESS_TOKEN + _OF_ACCESS_TOKEN)
# Where an organization calls, its own membership is enough.
_ROLES = "(SELECT {grouped}(a.organization_id, a.role) FROM memberships a WHERE a.user_id = g.user_id)"
_FIND_CALLER = look_up(
    *(
        f"{_ACCESS_TOKEN}, CASE WHEN g.organization_id IS NULL THEN {_ROLES.format(grouped=grouped)} END AS roles"
        f" {_OF_ACCESS_TOKEN}"
        for grouped in ("json_group_object", "json_object_agg")
    )
)

# Who asks need not be whom the token was issued to, and both must not be deleted.
_ABOUT = f"""
    SELECT {CLIENT}, {SECRETS}, {GRANT}, tc.deleted_at, t.id, t.digest, t.key_id,
"""
_ASKED = f"""
    {WITH_GRANT}
    LEFT JOIN clients tc ON tc.client_id = g.client_id
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
"""
_ASK_ABOUT_ACCESS_TOKEN = look_up(f"""
    {_ABOUT} t.scope, t.created_at, t.expires_at, t.revoked_at
    FROM clients c LEFT JOIN access_tokens t ON t.id = :id {_ASKED}
""")
_ASK_ABOUT_REFRESH_TOKEN = look_up(f"""
    {_ABOUT} g.scope, t.created_at, t.expires_at, t.rotated_at AS revoked_at
    FROM clients c LEFT JOIN refresh_tokens t ON t.id = :id {_ASKED}
""")


_DECODE_ROLES = msgspec.json.Decoder(dict[str, Role])


class FoundCode(NamedTuple):
    """The client that asks, and the code it presents when there is one."""

    client: Client
    secrets: ClientSecrets
    code: StoredCode | None
    role: Role | None


class FoundRefreshToken(NamedTuple):
    """The client that asks, and the refresh token it presents when there is one."""

    client: Client
    secrets: ClientSecrets
    refresh_token: StoredRefreshToken | None
    role: Role | None


class FoundQuestion(NamedTuple):
    """The client that asks, and the token it asks about when there is one."""

    client: Client
    secrets: ClientSecrets
    stored: StoredToken | None
    role: Role | None


class FoundToken(NamedTuple):
    """A token with everything that its answers need: the member's role and the claims of its subject."""

    stored: StoredToken
    role: Role | None
    profile: Profile


async def find_code(database: Database, client_id: str, code_id: str) -> FoundCode | None:
    """The client and its code in one look; None when there is no such client."""
    row = await database.ask(_FIND_CODE, client_id=client_id, id=code_id)
    if row is None:
        return None
    client, columns = row[:_ASKING], row[_ASKING:]
    code = StoredCode._make((*columns[GRANT_COLUMNS:_CODE_END], grant_of(columns))) if columns[0] else None
    return FoundCode(client_of(client), secrets_of(client), code, role_of(columns))


async def find_refresh_token(database: Database, client_id: str, token_id: str) -> FoundRefreshToken | None:
    """The client and its refresh token in one look; None when there is no such client."""
    row = await database.ask(_FIND_REFRESH_TOKEN, client_id=client_id, id=token_id)
    if row is None:
        return None
    client, columns = row[:_ASKING], row[_ASKING:]
    stored = (
        StoredRefreshToken._make((*columns[GRANT_COLUMNS:_REFRESH_TOKEN_END], grant_of(columns)))
        if columns[0]
        else None
    )
    return FoundRefreshToken(client_of(client), secrets_of(client), stored, role_of(columns))


async def find_access_token(database: Database, token_id: str) -> FoundToken | None:
    """An access token whose client is not deleted."""
    return _found(await database.ask(_FIND_ACCESS_TOKEN, id=token_id))


async def find_caller(database: Database, token_id: str) -> tuple[FoundToken | None, Mapping[str, Role]]:
    """The same with the roles that its person has in their organizations; none for an organization's token."""
    row = await database.ask(_FIND_CALLER, id=token_id)
    return _found(row), _DECODE_ROLES.decode((row and row["roles"]) or "{}")


async def find_question(database: Database, client_id: str, token: Token | None) -> FoundQuestion | None:
    """The client and the token it asks about in one look; None when there is no such client.

    A token whose own client is deleted is none; a rotated refresh token counts as revoked.
    """
    is_refresh_token = token is not None and token.kind in REFRESH_TOKENS
    statement = _ASK_ABOUT_REFRESH_TOKEN if is_refresh_token else _ASK_ABOUT_ACCESS_TOKEN
    row = await database.ask(statement, client_id=client_id, id=token.id if token else "")
    if row is None:
        return None
    client, columns = row[:_ASKING], row[_ASKING:]
    is_there = columns[0] is not None and columns[GRANT_COLUMNS] is None
    stored = StoredToken._make((*columns[GRANT_COLUMNS + 1 : _TOKEN_END + 1], grant_of(columns))) if is_there else None
    return FoundQuestion(client_of(client), secrets_of(client), stored, role_of(columns))


def _found(row: Row | None) -> FoundToken | None:
    if row is None:
        return None
    columns = row[:]
    grant = grant_of(columns)
    stored = StoredToken._make((*columns[GRANT_COLUMNS:_TOKEN_END], grant))
    name, picture, email, verified_at, organization_name, avatar_url = columns[_TOKEN_END : _TOKEN_END + 6]
    if grant.subject.organization_id is not None:
        name, picture = organization_name, avatar_url
    return FoundToken(stored, role_of(columns), Profile(name, picture, email, verified_at is not None))
