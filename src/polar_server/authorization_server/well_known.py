"""The three well-known documents (RFC 8414 §3, OpenID Connect Discovery 1.0 §4, RFC 7517 §5)."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import metadata
from polar_server.plain import Request, Response, encode_json, public_json


async def server_metadata(server: AuthorizationServer, request: Request) -> Response:  # noqa: ARG001 - an endpoint's shape
    """One document for both names, built from the issuer that is configured and never from the request."""
    return public_json(encode_json(metadata.document(server.issuer)), server.settings.jwks_max_age)


async def jwks(server: AuthorizationServer, request: Request) -> Response:  # noqa: ARG001
    """The public keys, the next one included before it signs."""
    return public_json(server.signing_keys.jwks(int(server.clock())), server.settings.jwks_max_age)
