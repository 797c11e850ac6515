"""Authlib's grants and endpoints, filled in as its documentation shows."""

import os
import time
from typing import Any

from authlib.integrations.sqla_oauth2 import (
    create_bearer_token_validator,
    create_query_client_func,
    create_revocation_endpoint,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import OpenIDCode, UserInfo, UserInfoEndpoint
from joserfc.jwk import ECKey, KeySet, RSAKey

from bench.peers.authlib_server.models import AuthorizationCode, Client, Token, User, session

ISSUER = os.environ["PEER_ISSUER"]
KEYS: dict[str, RSAKey | ECKey] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "RS256", "use": "sig", "alg": "RS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ES256", "use": "sig", "alg": "ES256"}),
}
JWKS: dict[str, Any] = {**KeySet(list(KEYS.values())).as_dict(private=False)}
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/oauth2/authorize",
    "token_endpoint": f"{ISSUER}/v1/oauth2/token",
    "userinfo_endpoint": f"{ISSUER}/v1/oauth2/userinfo",
    "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
    "revocation_endpoint": f"{ISSUER}/v1/oauth2/revoke",
    "introspection_endpoint": f"{ISSUER}/v1/oauth2/introspect",
    "scopes_supported": ["openid", "profile", "email", "products:read"],
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": list(KEYS),
    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    "code_challenge_methods_supported": ["S256"],
}

query_client = create_query_client_func(session, Client)
save_token = create_save_token_func(session, Token)
RevocationEndpoint = create_revocation_endpoint(session, Token)
BearerTokenValidator = create_bearer_token_validator(session, Token)


def user_info(user: User, scope: str) -> UserInfo:
    """The claims that the scope opens."""
    claims = UserInfo(sub=user.id, name=user.name, email=user.email, email_verified=user.email_verified)
    return claims.filter(scope)


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        item = session.query(AuthorizationCode).filter_by(code=code, client_id=client.client_id).first()
        return None if item is None or item.is_expired() else item

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        session.delete(authorization_code)
        session.commit()

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User | None:
        return session.get(User, authorization_code.user_id)


class OpenIDToken(OpenIDCode):
    """ID tokens with the person's id alone: the rest stays at the userinfo endpoint, as with our server."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        used = session.query(AuthorizationCode).filter_by(client_id=request.payload.client_id, nonce=nonce)
        return used.first() is not None

    def resolve_client_private_key(self, client: Client) -> Any:
        return KEYS[self.get_client_algorithm(client)]

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": ISSUER, "aud": [client.get_client_id()]}

    def get_encode_header(self, client: Client) -> dict[str, str]:
        algorithm = self.get_client_algorithm(client)
        return {"alg": algorithm, "kid": algorithm}

    def generate_user_info(self, user: User, _: str) -> UserInfo:
        return UserInfo(sub=user.id)


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        token = session.query(Token).filter_by(refresh_token=refresh_token).first()
        return None if token is None or token.refresh_token_revoked_at else token

    def authenticate_user(self, refresh_token: Token) -> User | None:
        return session.get(User, refresh_token.user_id)

    def revoke_old_credential(self, refresh_token: Token) -> None:
        refresh_token.access_token_revoked_at = refresh_token.refresh_token_revoked_at = int(time.time())
        session.add(refresh_token)
        session.commit()


class Introspection(IntrospectionEndpoint):
    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        query = session.query(Token)
        if token_type_hint == "access_token":
            return query.filter_by(access_token=token_string).first()
        if token_type_hint == "refresh_token":
            return query.filter_by(refresh_token=token_string).first()
        found = query.filter_by(access_token=token_string).first()
        return found or query.filter_by(refresh_token=token_string).first()

    def check_permission(self, token: Token, client: Client, _: Any) -> bool:
        return token.check_client(client)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "sub": token.user_id,
            "iss": ISSUER,
            "exp": token.issued_at + token.expires_in,
            "iat": token.issued_at,
        }


class UserInfoOfToken(UserInfoEndpoint):
    def get_issuer(self) -> str:
        return ISSUER

    def generate_user_info(self, user: User, scope: str) -> UserInfo:
        return user_info(user, scope)


def register(server: Any, resource_protector: Any, userinfo: type[UserInfoOfToken] = UserInfoOfToken) -> None:
    """Everything that is measured, on Authlib's server for a framework."""
    openid = OpenIDToken()
    server.register_grant(AuthorizationCodeGrant, [CodeChallenge(required=True), openid])
    server.register_grant(RefreshTokenGrant, [openid])
    resource_protector.register_token_validator(BearerTokenValidator())
    server.register_endpoint(Introspection)
    server.register_endpoint(RevocationEndpoint)
    server.register_endpoint(userinfo(resource_protector=resource_protector))
