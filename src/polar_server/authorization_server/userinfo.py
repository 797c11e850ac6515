"""The userinfo endpoint (OpenID Connect Core §5.3)."""

from polar_server.accounts.organizations import list_memberships
from polar_server.authorization_server.access import LiveToken, find_live_token
from polar_server.authorization_server.responses import bearer_refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import TooManyRequests
from polar_server.oauth import bearer
from polar_server.oauth import userinfo as claims_of
from polar_server.oauth.errors import OAuthError
from polar_server.oauth.subjects import SubjectType
from polar_server.plain import Request, Response, json


async def userinfo(server: AuthorizationServer, request: Request) -> Response:
    """The claims about the token's subject that its scopes open."""
    counted = None
    try:
        live = await find_live_token(server, bearer.token_of(request.header(b"authorization")))
        grant = live.stored.grant
        counted = await server.rate_limits.count_call(grant.subject, grant.client_id)
        if counted is not None and not counted.standing.admitted:
            error = TooManyRequests("The limit of calls in an hour is used up.", counted.standing.reset)
            return json(error.as_dict(), error.status, counted.headers)
        bearer.require_scope(live.scopes, "openid")
        claims = claims_of.claims(grant.subject, live.scopes, live.profile)
        return json({**claims, **await _organizations(server, live)}, own=counted.headers if counted else ())
    except OAuthError as error:
        return bearer_refusal(request, error, counted.headers if counted else ())


async def _organizations(server: AuthorizationServer, live: LiveToken) -> dict[str, object]:
    """The person's organizations, for a user token that may see them."""
    subject = live.stored.grant.subject
    if subject.type is not SubjectType.USER or "organizations:read" not in live.scopes:
        return {}
    memberships = await list_memberships(server.database, subject.user_id)
    return {
        "organizations": [
            {"id": m.organization_id, "slug": m.slug, "name": m.name, "avatar_url": m.avatar_url, "role": m.role}
            for m in memberships
        ]
    }
