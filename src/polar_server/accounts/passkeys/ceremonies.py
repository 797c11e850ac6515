"""What is asked of the browser, and its answer checked (Web Authentication Level 3 §5.4, §5.5, §7.1, §7.2).

Every passkey is one that finds itself (a discoverable credential) and checks who is there (user verification): it
replaces the address and both factors.
"""

import base64
import json
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from polar_server.accounts.passkeys.challenges import LIFETIME
from polar_server.accounts.sessions import User
from polar_server.html.pages import PRODUCT

# RFC 9053 §2: Ed25519 and ES256, and RS256 for devices that have nothing else (RFC 8812 §2).
_ALGORITHMS = (-8, -7, -257)
_SELECTION = {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
# What reading raises over bytes that strangers wrote.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class Refused(Exception):
    """The browser's answer is not one to our question. The message is for the log."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a browser made. Ids and keys are base64url; `synced` says that it can be on several devices."""

    credential_id: str
    public_key: str
    sign_count: int
    synced: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, as far as it can be read before anything in it is believed."""

    text: str
    challenge: bytes
    credential_id: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """A key that was used: its counter and whether it can be on several devices, as of now."""

    sign_count: int
    synced: bool


def host_of(issuer: str) -> str:
    """The relying party's id (§5.1.2): the issuer's host."""
    return urlsplit(issuer).hostname or ""


def creation_options(issuer: str, user: User, challenge: bytes, known: list[str]) -> str:
    """JSON for navigator.credentials.create (§5.4). `known` are the ids of keys that the person has already."""
    options = {
        "rp": {"name": PRODUCT, "id": host_of(issuer)},
        "user": {"id": base64url(UUID(user.id).bytes), "name": user.email, "displayName": user.name},
        "challenge": base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "timeout": LIFETIME * 1000,
        "excludeCredentials": [{"type": "public-key", "id": credential_id} for credential_id in known],
        "authenticatorSelection": _SELECTION,
        "attestation": "none",
    }
    return json.dumps(options)


def request_options(issuer: str, challenge: bytes) -> str:
    """JSON for navigator.credentials.get (§5.5). No key is named: the person chooses, so the page tells nothing."""
    options = {
        "challenge": base64url(challenge),
        "timeout": LIFETIME * 1000,
        "rpId": host_of(issuer),
        "allowCredentials": [],
        "userVerification": "required",
    }
    return json.dumps(options)


def read(text: str) -> Answer:
    """Raises Refused for what is no answer of a browser."""
    try:
        credential = json.loads(text)
        response = credential["response"]
        client_data = json.loads(raw(response["clientDataJSON"]))
        handle = response.get("userHandle")
        user_id = str(UUID(bytes=raw(handle))) if handle else None
        return Answer(text, raw(client_data["challenge"]), str(credential["id"]), user_id)
    except _UNREADABLE as error:
        raise Refused(f"unreadable: {type(error).__name__}") from error


def base64url(plain: bytes) -> str:
    """Bytes as browsers write them in JSON: base64url without padding."""
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def raw(text: str) -> bytes:
    """The bytes that `base64url` wrote. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "===")
