"""`client`: the applications that people sign in to."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from polar_server.audit import OPERATOR
from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.clients import CreatedClient, Ownership
from polar_server.cli.opening import Opened, opened
from polar_server.cli.output import Record, Records, Refused
from polar_server.cli.people import PAGE, Flag, person_called
from polar_server.oauth import registration, scopes
from polar_server.oauth.clients import AuthMethod, RegisteredClient
from polar_server.oauth.errors import OAuthError
from polar_server.oauth.registration import ClientMetadata

app = App(name="client", help="The applications that people sign in to.")

KEEP_IT = "Keep the secret now: it is not stored, and cannot be shown again."


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """The options of `client create`."""

    name: str
    """What people see when they are asked."""
    redirect_uri: Annotated[list[str], Parameter(negative="")]
    """Where people are sent back to. Give the option again for each one."""
    scope: str | None = None
    """What it may ask for, separated by spaces; everything when left out."""
    public: Flag = False
    """It runs where a secret cannot be kept: a native app, or a page."""
    owner: str | None = None
    """Address of the person it belongs to."""
    default_sub_type: Literal["user", "organization"] = "user"
    """Whether its tokens are for a person or for an organization when it does not say."""
    id_token_alg: Literal["RS256", "ES256"] = "RS256"  # noqa: S105 - an algorithm
    """What signs its ID tokens."""
    resource_server: Flag = False
    """It may introspect the tokens of its audience."""
    pkce: bool = True
    """Require PKCE, as public clients always must."""


@app.command
async def create(*, new: NewClient) -> Record:
    """Register a client. Its secret is shown once."""
    if new.public and not new.pkce:
        raise Refused("The client was not made. A public client has no secret, so PKCE cannot be left out.")
    metadata = _metadata(new)
    async with opened() as at:
        owner_id = (await person_called(at.database, new.owner)).id if new.owner else None
        ownership = Ownership(owner_id, require_pkce=new.pkce, is_resource_server=new.resource_server)
        return await _store(at, metadata, ownership)


@app.command(name="list")
async def list_clients() -> Records:
    """List all clients, oldest first."""
    async with opened() as at, at.database.read() as transaction:
        found: list[RegisteredClient] = []
        while page := await client_queries.list_clients(transaction, PAGE, len(found)):
            found += page
    columns = ("client_id", "client_name", "type", "redirect_uris")
    return Records([_values(client) for client in found], columns, "There are none yet. `polar-server client create`.")


@app.command(name="rotate-secret")
async def rotate_secret(client_id: str, /, *, overlap: int = clients.SECRET_OVERLAP) -> Record:
    """Give a client a new secret.

    Parameters
    ----------
    client_id
        The client's id.
    overlap
        Seconds for which the present secret goes on working.
    """
    async with opened() as at, at.database.write() as transaction:
        secret = await clients.rotate_secret(transaction, at.server_keys, client_id, at.now_ms, overlap, OPERATOR)
    if secret is None:
        raise Refused(f"No client with a secret has the id {client_id}. `polar-server client list` shows them.")
    return Record("The new secret works now.", {"client_id": client_id, "client_secret": secret}, KEEP_IT)


@app.command
async def delete(client_id: str, /) -> Record:
    """Delete a client. Its tokens die with it.

    Parameters
    ----------
    client_id
        The client's id.
    """
    async with opened() as at, at.database.write() as transaction:
        deleted = await clients.delete_client(transaction, client_id, OPERATOR, at.now)
    if not deleted:
        raise Refused(f"No client has the id {client_id}. `polar-server client list` shows them.")
    return Record("The client and its tokens are gone.", {"client_id": client_id})


def _metadata(new: NewClient) -> ClientMetadata:
    """The metadata, by the rules of registration. A misspelt scope is an error here, where somebody can correct it."""
    body = {
        "client_name": new.name,
        "redirect_uris": new.redirect_uri,
        "scope": new.scope,
        "token_endpoint_auth_method": "none" if new.public else None,
        "default_sub_type": new.default_sub_type,
        "id_token_signed_response_alg": new.id_token_alg,
    }
    try:
        unknown = set(scopes.parse(new.scope or scopes.NAMES[0])) - set(scopes.NAMES)
        metadata = registration.read(body)
    except OAuthError as error:
        raise Refused(f"The client was not made. {error.description}") from error
    if unknown:
        raise Refused(f"The client was not made. {min(unknown)} is no scope; there are {' '.join(scopes.NAMES)}.")
    # Whoever made it by hand may present the secret in either way.
    return metadata if new.public else replace(metadata, token_endpoint_auth_method=AuthMethod.CLIENT_SECRET_ANY)


async def _store(at: Opened, metadata: ClientMetadata, ownership: Ownership) -> Record:
    async with at.database.write() as transaction:
        made = await clients.create_client(transaction, at.server_keys, metadata, ownership, at.now_ms, OPERATOR)
        client = await client_queries.find_client(transaction, made.client_id)
    assert client is not None, "it was made in this transaction"
    hint = KEEP_IT if made.client_secret else ""
    return Record(f"{client.name} is registered.", _shown_once(made) | _values(client), hint)


def _shown_once(made: CreatedClient) -> dict[str, Any]:
    secret = {"client_secret": made.client_secret, "client_secret_expires_at": 0} if made.client_secret else {}
    return {"client_id": made.client_id, **secret, "registration_access_token": made.registration_access_token}


def _values(client: RegisteredClient) -> dict[str, Any]:
    return clients.describe(client) | {
        "type": "public" if client.is_public else "confidential",
        "require_pkce": client.require_pkce,
        "is_resource_server": client.is_resource_server,
        "owner_id": client.owner_id,
    }
