"""Token introspection (RFC 7662)."""

from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.clients import Client
from polar_server.oauth.tokens import ACCESS_TOKENS, Token

INACTIVE: dict[str, object] = {"active": False}
"""§2.2: nothing more than this about a token that is inactive or none of the caller's business."""


def visible_scopes(
    caller: Client, token: Token, stored: StoredToken, effective: frozenset[str]
) -> frozenset[str] | None:
    """What the caller may learn of the token's scopes, None when it may not know that the token exists (§4).

    A client sees its own tokens. A resource server sees access tokens that carry one
    of the scopes it is registered for, and of their scopes only those.
    """
    if stored.grant.client_id == caller.client_id:
        return effective
    if not caller.is_resource_server or token.kind not in ACCESS_TOKENS:
        return None
    shared = effective & caller.scopes
    return shared or None


def answer(token: Token, stored: StoredToken, scope: str, issuer: str) -> dict[str, object]:
    """The answer about an active token (§2.2)."""
    subject = stored.grant.subject
    members: dict[str, object] = {
        "active": True,
        "client_id": stored.grant.client_id,
        "token_type": "access_token" if token.kind in ACCESS_TOKENS else "refresh_token",
        "scope": scope,
        **subject.claims(),
        "organizations": [subject.organization_id] if subject.organization_id else [],
        "aud": stored.grant.client_id,
        "iss": issuer,
        "iat": stored.created_at,
    }
    if stored.expires_at is not None:
        members["exp"] = stored.expires_at
    return members
