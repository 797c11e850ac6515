"""SQL of clients."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from polar_server.database import Row, Statement, Transaction
from polar_server.oauth.clients import AuthMethod, Client, ClientSecrets, RegisteredClient
from polar_server.oauth.subjects import SubjectType

CLIENT = "c.client_id, c.auth_method, c.grant_types, c.scope, c.id_token_alg, c.is_resource_server"
CLIENT_COLUMNS = 6
REGISTERED_CLIENT = f"""
    {CLIENT}, c.name, c.redirect_uris, c.default_sub_type, c.require_pkce, c.is_anonymous, c.owner_id, c.client_uri,
    c.logo_uri, c.policy_uri, c.tos_uri, c.created_at, c.modified_at
"""
REGISTERED_CLIENT_COLUMNS = 18
SECRETS = """
    c.secret_digest, c.secret_key_id, c.previous_secret_digest, c.previous_secret_key_id, c.previous_secret_expires_at
"""
SECRETS_COLUMNS = 5
# Looking a value up costs a fraction of calling its enumeration, and every token request does.
_AUTH_METHODS: dict[str, AuthMethod] = {method.value: method for method in AuthMethod}


class KeptSecrets(NamedTuple):
    """Which secrets a client has, by the ids that they begin with. An id is None of what was made before ids were kept.

    `previous_expires_at` is epoch seconds; the previous secret may have ended long ago.
    """

    secret_id: str | None
    previous_secret_id: str | None
    previous_expires_at: int | None
    registration_id: str | None
    has_registration: bool

    def is_rotating(self, now: int) -> bool:
        """Whether two secrets work."""
        return self.previous_expires_at is not None and now < self.previous_expires_at


_FIND = Statement(f"SELECT {REGISTERED_CLIENT} FROM clients c WHERE c.client_id = :client_id AND c.deleted_at IS NULL")
_FIND_REGISTRATION = Statement(f"""
    SELECT {REGISTERED_CLIENT}, c.registration_digest, c.registration_key_id
    FROM clients c WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")
_LIST = Statement(f"""
    SELECT {REGISTERED_CLIENT} FROM clients c WHERE c.deleted_at IS NULL
    ORDER BY c.created_at, c.client_id LIMIT :limit OFFSET :offset
""")
_LIST_OF_OWNER = Statement(f"""
    SELECT {REGISTERED_CLIENT} FROM clients c WHERE c.owner_id = :owner_id AND c.deleted_at IS NULL
    ORDER BY c.created_at, c.client_id LIMIT :limit OFFSET :offset
""")
_COUNT_OF_OWNER = Statement("SELECT count(*) FROM clients WHERE owner_id = :owner_id AND deleted_at IS NULL")
_ADD = Statement("""
    INSERT INTO clients (
        client_id, name, auth_method, grant_types, redirect_uris, scope, default_sub_type, id_token_alg, require_pkce,
        is_resource_server, is_anonymous, owner_id, client_uri, logo_uri, policy_uri, tos_uri, secret_id,
        secret_digest, secret_key_id, registration_id, registration_digest, registration_key_id, created_at
    ) VALUES (
        :client_id, :name, :auth_method, :grant_types, :redirect_uris, :scope, :default_sub_type, :id_token_alg,
        :require_pkce, :is_resource_server, :is_anonymous, :owner_id, :client_uri, :logo_uri, :policy_uri, :tos_uri,
        :secret_id, :secret_digest, :secret_key_id, :registration_id, :registration_digest, :registration_key_id, :now
    )
""")
_UPDATE = Statement("""
    UPDATE clients SET
        name = :name, auth_method = :auth_method, grant_types = :grant_types, redirect_uris = :redirect_uris,
        scope = :scope, default_sub_type = :default_sub_type, id_token_alg = :id_token_alg, client_uri = :client_uri,
        logo_uri = :logo_uri, policy_uri = :policy_uri, tos_uri = :tos_uri, modified_at = :now,
        require_pkce = COALESCE(CAST(:require_pkce AS BOOLEAN), require_pkce)
    WHERE client_id = :client_id AND deleted_at IS NULL
""")
_ROTATE_SECRET = Statement("""
    UPDATE clients SET
        previous_secret_id = secret_id, previous_secret_digest = secret_digest,
        previous_secret_key_id = secret_key_id, previous_secret_expires_at = :previous_expires_at,
        secret_id = :id, secret_digest = :digest, secret_key_id = :key_id, modified_at = :now
    WHERE client_id = :client_id AND deleted_at IS NULL AND auth_method <> 'none'
""")
_REPLACE_SECRET = Statement("""
    UPDATE clients SET secret_id = :id, secret_digest = :digest, secret_key_id = :key_id, modified_at = :now
    WHERE client_id = :client_id AND deleted_at IS NULL AND previous_secret_expires_at > :now
""")
_END_PREVIOUS_SECRET = Statement("""
    UPDATE clients SET previous_secret_expires_at = :now, modified_at = :now
    WHERE client_id = :client_id AND deleted_at IS NULL AND previous_secret_expires_at > :now
""")
_RENEW_REGISTRATION = Statement("""
    UPDATE clients SET
        registration_id = :id, registration_digest = :digest, registration_key_id = :key_id, modified_at = :now
    WHERE client_id = :client_id AND deleted_at IS NULL
""")
_KEPT_SECRETS = """
    SELECT secret_id, previous_secret_id, previous_secret_expires_at, registration_id,
        registration_digest IS NOT NULL AS has_registration
    FROM clients WHERE client_id = :client_id AND deleted_at IS NULL
"""
_FIND_KEPT_SECRETS = Statement(_KEPT_SECRETS)
_LOCK_KEPT_SECRETS = Statement(_KEPT_SECRETS, postgres=f"{_KEPT_SECRETS} FOR UPDATE")
_COUNT_PEOPLE = Statement("""
    SELECT client_id, count(DISTINCT user_id) AS people FROM grants
    WHERE revoked_at IS NULL
        AND client_id IN (SELECT c.client_id FROM clients c WHERE c.owner_id = :owner_id AND c.deleted_at IS NULL)
    GROUP BY client_id
""")
_DELETE = Statement("UPDATE clients SET deleted_at = :now WHERE client_id = :client_id AND deleted_at IS NULL")

_DISABLE = Statement("""
    UPDATE clients SET disabled_at = :now, deleted_at = :now WHERE client_id = :client_id AND deleted_at IS NULL
""")
_ENABLE = Statement("""
    UPDATE clients SET disabled_at = NULL, deleted_at = NULL WHERE client_id = :client_id AND disabled_at IS NOT NULL
""")


def client_of(columns: Sequence[Any]) -> Client:
    """The client in columns that begin with CLIENT."""
    client_id, auth_method, grant_types, scope, id_token_alg, is_resource_server = columns[:CLIENT_COLUMNS]
    return Client(client_id, _AUTH_METHODS[auth_method], grant_types, scope, id_token_alg, bool(is_resource_server))


def registered_client_of(row: Row) -> RegisteredClient:
    """The client in a row that begins with REGISTERED_CLIENT."""
    columns = list(row[:REGISTERED_CLIENT_COLUMNS])
    columns[1], columns[8] = AuthMethod(columns[1]), SubjectType(columns[8])
    for place in (5, 9, 10):
        columns[place] = bool(columns[place])
    return RegisteredClient(*columns)


def secrets_of(columns: Sequence[Any]) -> ClientSecrets:
    """The secrets in columns that begin with CLIENT and SECRETS."""
    return ClientSecrets(*columns[CLIENT_COLUMNS : CLIENT_COLUMNS + SECRETS_COLUMNS])


async def find_client(tx: Transaction, client_id: str) -> RegisteredClient | None:
    """The client, unless it is deleted."""
    row = await tx.first(_FIND, client_id=client_id)
    return registered_client_of(row) if row else None


async def find_registration(tx: Transaction, client_id: str) -> tuple[RegisteredClient, str | None, str | None] | None:
    """The client with the digest of its registration access token and the digest's key."""
    row = await tx.first(_FIND_REGISTRATION, client_id=client_id)
    return (
        (registered_client_of(row), row[REGISTERED_CLIENT_COLUMNS], row[REGISTERED_CLIENT_COLUMNS + 1]) if row else None
    )


async def list_clients(tx: Transaction, limit: int, offset: int) -> list[RegisteredClient]:
    """Every client, oldest first."""
    return [registered_client_of(row) for row in await tx.all(_LIST, limit=limit, offset=offset)]


async def list_clients_of(
    tx: Transaction, owner_id: str, limit: int, offset: int
) -> tuple[list[RegisteredClient], int]:
    """The clients of one person, oldest first, and how many there are."""
    rows = await tx.all(_LIST_OF_OWNER, owner_id=owner_id, limit=limit, offset=offset)
    return [registered_client_of(row) for row in rows], (await tx.one(_COUNT_OF_OWNER, owner_id=owner_id))[0]


async def add_client(tx: Transaction, **columns: Any) -> None:
    """Store a new client; the columns are those of the table, `now` for created_at."""
    await tx.run(_ADD, **columns)


async def update_client(tx: Transaction, **columns: Any) -> bool:
    """Replace the metadata of a client. False when there is none."""
    return await tx.run(_UPDATE, **columns) == 1


async def rotate_secret(tx: Transaction, **columns: Any) -> bool:
    """Give a client a new secret and let the present one work until `previous_expires_at`; `id` is the new one's."""
    return await tx.run(_ROTATE_SECRET, **columns) == 1


async def replace_secret(tx: Transaction, **columns: Any) -> bool:
    """Give a client another secret in place of the present one. False when the one before does not work any more."""
    return await tx.run(_REPLACE_SECRET, **columns) == 1


async def end_previous_secret(tx: Transaction, client_id: str, now: int) -> bool:
    """End the secret before the present one. False when none works."""
    return await tx.run(_END_PREVIOUS_SECRET, client_id=client_id, now=now) == 1


async def renew_registration(tx: Transaction, **columns: Any) -> bool:
    """Replace what is kept of the registration access token. False when there is no such client."""
    return await tx.run(_RENEW_REGISTRATION, **columns) == 1


async def find_kept_secrets(tx: Transaction, client_id: str) -> KeptSecrets | None:
    """Which secrets a client has; None when there is no such client."""
    return _kept_of(await tx.first(_FIND_KEPT_SECRETS, client_id=client_id))


async def lock_kept_secrets(tx: Transaction, client_id: str) -> KeptSecrets | None:
    """The same, with the client's row held until the end of the transaction."""
    return _kept_of(await tx.first(_LOCK_KEPT_SECRETS, client_id=client_id))


async def count_people(tx: Transaction, owner_id: str) -> dict[str, int]:
    """How many people let each client of one person in at the moment; clients that nobody lets in are missing."""
    return {row["client_id"]: row["people"] for row in await tx.all(_COUNT_PEOPLE, owner_id=owner_id)}


async def delete_client(tx: Transaction, client_id: str, now: int) -> bool:
    """Delete a client. Its tokens die with it: every look at them joins the client."""
    return await tx.run(_DELETE, client_id=client_id, now=now) == 1


def _kept_of(row: Row | None) -> KeptSecrets | None:
    return None if row is None else KeptSecrets(row[0], row[1], row[2], row[3], bool(row[4]))


async def disable_client(tx: Transaction, client_id: str, now: int) -> bool:
    """Shut a client out: it is as good as deleted, until it is enabled. False when there is none."""
    return await tx.run(_DISABLE, client_id=client_id, now=now) == 1


async def enable_client(tx: Transaction, client_id: str) -> bool:
    """Let a client in again. False when it was not disabled."""
    return await tx.run(_ENABLE, client_id=client_id) == 1
