"""`organization token`: access tokens for programs of an organization's own."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from polar_server.accounts import organizations as accounts
from polar_server.accounts.fields import Unacceptable
from polar_server.accounts.organizations import NotAllowed, Organization
from polar_server.accounts.people import Person
from polar_server.audit import OPERATOR
from polar_server.authorization_server import organization_tokens
from polar_server.authorization_server.organization_tokens import (
    MOST_LIVE,
    NewOrganizationToken,
    OrganizationToken,
    TooManyTokens,
)
from polar_server.cli.opening import Opened, opened
from polar_server.cli.output import Record, Records, Refused, timestamp
from polar_server.cli.people import person_called
from polar_server.oauth.tokens import Token, TokenKind

app = App(name="token", help="Access tokens of an organization.")

KEEP_IT = "Keep the token now: it is not stored, and cannot be shown again."


@app.command
async def create(
    slug: str,
    /,
    *,
    name: str,
    maker: str,
    scope: str = " ".join(organization_tokens.SCOPES),
    days: Literal["7", "30", "90", "365", "none"] = "90",
) -> Record:
    """Make a token. It is shown once.

    Parameters
    ----------
    slug
        The organization's slug.
    name
        What the token is for.
    maker
        Address of the owner or admin whose token it is; it is dead when they leave.
    scope
        What it may do, separated by spaces; everything when left out.
    days
        How long it works.
    """
    try:
        new = organization_tokens.read_new(name, tuple(scope.split()), None if days == "none" else int(days))
    except Unacceptable as error:
        raise Refused(f"The token was not made. {error}") from error
    async with opened() as at:
        organization = await organization_called(at, slug)
        token = await _issued(at, new, organization, await person_called(at.database, maker))
        (made,) = [found for found in await _listed(at, organization) if found.id == token.id]
    return Record(f"{organization.name} has a new token.", {"token": token.text, **values_of(made)}, KEEP_IT)


@app.command(name="list")
async def list_tokens(slug: str, /) -> Records:
    """List the tokens of an organization, the newest first. Those that ended are listed for thirty days more.

    Parameters
    ----------
    slug
        The organization's slug.
    """
    async with opened() as at:
        found = await _listed(at, await organization_called(at, slug))
    return Records(
        [values_of(token) for token in found],
        ("id", "name", "maker", "is_alive", "expires_at", "last_used_at"),
        "There are none yet. `polar-server organization token create` makes one.",
    )


@app.command
async def revoke(slug: str, token_id: Annotated[str, Parameter(name="id")], /) -> Record:
    """End a token with the next request.

    Parameters
    ----------
    slug
        The organization's slug.
    token_id
        The token's id, as `list` shows it.
    """
    async with opened() as at:
        organization = await organization_called(at, slug)
        token_id = token_id.removeprefix(TokenKind.ORGANIZATION_TOKEN)
        async with at.database.write() as tx:
            if not await organization_tokens.revoke_token(tx, organization.id, token_id, OPERATOR, at.now):
                raise Refused(f"{slug} has no such token that could be ended. `polar-server organization token list`.")
        (ended,) = [found for found in await _listed(at, organization) if found.id == token_id]
    return Record(f"The token {ended.name} is ended.", values_of(ended))


async def _issued(at: Opened, new: NewOrganizationToken, organization: Organization, maker: Person) -> Token:
    made_by = replace(OPERATOR, user_id=maker.id)
    try:
        async with at.database.write() as tx:
            return await organization_tokens.issue_token(tx, at.server_keys, new, organization.id, made_by, at.now_ms)
    except NotAllowed as error:
        raise Refused(f"The token was not made. {maker.email} is no owner or admin of {organization.slug}.") from error
    except TooManyTokens as error:
        raise Refused(f"{organization.slug} has {MOST_LIVE} live tokens already. Revoke one first.") from error


async def organization_called(at: Opened, slug: str) -> Organization:
    """The organization with this slug. Raises Refused."""
    organization = await accounts.find_organization(at.database, slug)
    if organization is None:
        raise Refused(f"No organization is called {slug}. `polar-server organization list` shows them.")
    return organization


def values_of(token: OrganizationToken) -> dict[str, Any]:
    """A token as programs read it: nothing of it is secret."""
    return {
        "id": token.shown,
        "name": token.name,
        "scope": " ".join(token.scopes),
        "maker": token.maker_email,
        "is_alive": token.is_alive,
        "created_at": timestamp(token.created_at),
        "expires_at": timestamp(token.expires_at),
        "last_used_at": timestamp(token.last_used_at),
        "revoked_at": timestamp(token.revoked_at),
    }


async def _listed(at: Opened, organization: Organization) -> list[OrganizationToken]:
    async with at.database.read() as tx:
        return await organization_tokens.list_tokens(tx, organization.id, at.now)
