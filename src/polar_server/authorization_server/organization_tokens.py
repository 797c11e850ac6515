"""Organization access tokens: made by an owner or admin, for a program of the organization's own, without a client.

A token does what its scopes say, as far as its maker's role still covers them; it is dead when they leave.
"""

import os
from dataclasses import dataclass

from polar_server.accounts import fields, organization_queries
from polar_server.accounts.fields import Unacceptable
from polar_server.accounts.organizations import NotAllowed
from polar_server.audit import About, Actor, record
from polar_server.authorization_server import organization_token_queries as queries
from polar_server.database import Row, Transaction
from polar_server.oauth import scopes, tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Mint, Token, TokenKind

DAYS = (7, 30, 90, 365)
"""How long a token can be made to work; None is without an end."""
MOST_LIVE = 100
"""Live tokens of one organization."""
SCOPES = tuple(name for name in scopes.NAMES if name not in {"openid", "profile", "email", "user:read"})
"""What a token can be made for, in the order of the catalogue: everything that is not about a person."""

_LISTED = 500


class TooManyTokens(Exception):
    """The organization has `MOST_LIVE` live tokens."""


@dataclass(frozen=True, slots=True)
class NewOrganizationToken:
    """What is needed for a token. `days` is None for one without an end."""

    name: str
    scopes: tuple[str, ...]
    days: int | None


@dataclass(frozen=True, slots=True)
class OrganizationToken:
    """A token as its organization sees it. Times are epoch seconds; `is_alive` is whether it works now."""

    id: str
    name: str
    scopes: tuple[str, ...]
    maker_id: str
    maker_name: str
    maker_email: str
    is_alive: bool
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None

    @property
    def shown(self) -> str:
        """The beginning of the token, by which it is told apart; none of it is secret."""
        return f"{TokenKind.ORGANIZATION_TOKEN}{self.id}"


def read_new(name: str, names: tuple[str, ...], days: int | None) -> NewOrganizationToken:
    """A token as a person asks for it. Raises Unacceptable with a sentence for them."""
    chosen = tuple(scope for scope in SCOPES if scope in names)
    if foreign := [scope for scope in names if scope not in SCOPES]:
        raise Unacceptable(f"{foreign[0][:100]} is no scope of an organization.")
    if not chosen:
        raise Unacceptable("Choose at least one scope.")
    if days is not None and days not in DAYS:
        raise Unacceptable(f"A token can work for {', '.join(map(str, DAYS))} days, or without an end.")
    return NewOrganizationToken(fields.name(name), chosen, days)


async def issue_token(
    tx: Transaction,
    server_keys: ServerKeys,
    new: NewOrganizationToken,
    organization_id: str,
    maker: Actor,
    now_ms: int,
    *,
    mint: Mint | None = None,
) -> Token:
    """A new token, whose text is shown now and never again. Raises NotAllowed or TooManyTokens.

    `maker` is the owner or admin whose token it is. `now_ms` is epoch milliseconds. A `mint` that gives
    the same token twice issues it once.
    """
    now = now_ms // 1000
    token = (mint or tokens.minting(now_ms, os.urandom))(TokenKind.ORGANIZATION_TOKEN)
    # Two that are made at once would both find room.
    await tx.first(organization_queries.LOCK_ORGANIZATION, organization_id=organization_id)
    if mint is not None and await queries.show_token(tx, organization_id, token.id) is not None:
        return token
    if await queries.count_live_tokens(tx, organization_id, now) >= MOST_LIVE:
        raise TooManyTokens
    added = await queries.add_token(
        tx,
        id=token.id,
        digest=server_keys.digest(token.text),
        key_id=server_keys.key_id,
        organization_id=organization_id,
        user_id=maker.user_id,
        name=new.name,
        scope=scopes.text(new.scopes),
        now=now,
        expires_at=None if new.days is None else now + new.days * 86_400,
    )
    if not added:
        raise NotAllowed
    about = About(organization_id, id=f"{token.kind}{token.id}", name=new.name)
    await record(tx, maker, "organization_token.created", about, now, scopes=list(new.scopes), days=new.days)
    return token


async def list_tokens(tx: Transaction, organization_id: str, now: int) -> list[OrganizationToken]:
    """The organization's tokens, the newest first; the first 500. What ended is listed for thirty days more."""
    return [_token(row, now) for row in await queries.list_tokens(tx, organization_id, _LISTED)]


async def find_token(tx: Transaction, organization_id: str, token_id: str, now: int) -> OrganizationToken | None:
    """One of the organization's tokens, whether it works or not."""
    row = await queries.show_token(tx, organization_id, token_id)
    return None if row is None else _token(row, now)


async def revoke_token(tx: Transaction, organization_id: str, token_id: str, actor: Actor, now: int) -> bool:
    """End a token at once. False when the organization has none with this id that was not ended before."""
    if not await queries.revoke_token(tx, organization_id, token_id, "revoked by the organization", now):
        return False
    about = About(organization_id, id=f"{TokenKind.ORGANIZATION_TOKEN}{token_id}")
    await record(tx, actor, "organization_token.revoked", about, now)
    return True


def _token(row: Row, now: int) -> OrganizationToken:
    ended = row["revoked_at"] is not None or (row["expires_at"] is not None and now >= row["expires_at"])
    columns = list(row[:])
    columns[2] = tuple(row["scope"].split())
    columns[6] = bool(row["alive"]) and not ended
    return OrganizationToken(*columns)
