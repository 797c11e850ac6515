"""An ID token taken apart, with everything that an app has to check (OpenID Connect Core §3.1.3.7)."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.dashboard.apps.trying import Attempt
from polar_server.oauth import id_token
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Check:
    """Something that an app has to check, and whether it holds."""

    what: str
    holds: bool


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """An ID token to be read: its header and claims as JSON."""

    header: str
    claims: str
    checks: list[Check]


def decode(
    server: AuthorizationServer, client: RegisteredClient, attempt: Attempt, text: str, access_token: str
) -> DecodedToken:
    """The parts of the token, verified with the keys that are published."""
    header, payload = (_opened(part) for part in text.split(".")[:2])
    now = int(server.clock())
    checks = [
        Check(f"Signed by the key {header['kid']} of {server.issuer}, with {header['alg']}", _is_signed(server, text)),
        Check(f"iss is the issuer, {server.issuer}", payload.get("iss") == server.issuer),
        Check("aud is this app's client id", payload.get("aud") == client.client_id),
        Check("exp has not passed", payload.get("exp", 0) > now),
        Check("nonce is the one that was sent", payload.get("nonce") == attempt.nonce),
        Check("at_hash fits the access token", payload.get("at_hash") == id_token.at_hash(access_token)),
    ]
    return DecodedToken(_readable(header), _readable(payload), checks)


def _is_signed(server: AuthorizationServer, text: str) -> bool:
    try:
        id_token.verified(text, server.signing_keys.published(int(server.clock())))
    except InvalidRequest:
        return False
    return True


def _opened(part: str) -> dict[str, Any]:
    opened: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return opened


def _readable(members: dict[str, Any]) -> str:
    return json.dumps(members, indent=2, ensure_ascii=False)
