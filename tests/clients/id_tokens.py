"""Checking an ID token as a client does, with joserfc alone (OpenID Connect Core §3.1.3.7)."""

import base64
import hashlib
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet


def verified(id_token: str, metadata: Any, client_id: str, algorithm: str) -> dict[str, Any]:
    """The claims of an ID token that one of the published keys signed with this algorithm."""
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"]).json())
    token = jwt.decode(id_token, keys, algorithms=[algorithm])
    assert token.header["kid"] in {key.kid for key in keys.keys}
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        sub={"essential": True},
    )
    rules.validate(token.claims)
    return token.claims


def at_hash(access_token: str) -> str:
    """The left half of the access token's SHA-256 (§3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).decode().rstrip("=")
