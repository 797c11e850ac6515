"""A client as it was registered, and what that says about calls and callbacks."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote_plus, urlsplit

from msgspec import Struct

from polar_client.oauth.errors import AuthorizationRefused, InvalidCallback
from polar_client.oauth.saved import Saved
from polar_client.resources.oauth2 import AuthMethod


class Metadata(Struct):
    """Where the server's endpoints are (RFC 8414 §2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """A client as the server knows it."""

    client_id: str
    client_secret: str | None
    redirect_uri: str
    issuer: str
    auth_method: AuthMethod
    saved_key: bytes

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """The members of the form and the headers that say who the client is (RFC 6749 §2.3.1)."""
        secret = self.client_secret or ""
        if self.auth_method == "client_secret_basic":
            pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}".encode()
            return {}, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if self.auth_method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": secret}, {}
        return {"client_id": self.client_id}, {}


def register(
    client_id: str,
    client_secret: str | None,
    redirect_uri: str,
    issuer: str,
    auth_method: AuthMethod | None,
    saved_key: bytes | None,
) -> Registration:
    """What is known of a client before the first call. Raises ValueError for a method without its secret."""
    method = auth_method or ("none" if client_secret is None else "client_secret_post")
    if (method == "none") != (client_secret is None):
        raise ValueError("A client has a secret unless its auth_method is none.")
    secret = secrets.token_bytes(32) if client_secret is None else client_secret.encode()
    # One app's saved sign-in is nothing to another, not even to one with the same key.
    key = hmac.digest(saved_key or secret, f"saved\n{issuer}\n{client_id}".encode(), hashlib.sha256)
    return Registration(client_id, client_secret, redirect_uri, issuer, method, key)


def code_of(callback_url: str, begun: Saved, issuer: str) -> str:
    """The code of a callback that belongs to this sign-in. Raises InvalidCallback or AuthorizationRefused."""
    pairs = parse_qsl(urlsplit(callback_url).query, keep_blank_values=True)
    answer = dict(pairs)
    if len(answer) != len(pairs):
        raise InvalidCallback("The callback repeats a parameter.")
    if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
        raise InvalidCallback("The callback belongs to another sign-in: its state is not ours.")
    # RFC 9207 §2.4: a code of another server must not go to this one.
    if answer.get("iss") != issuer:
        raise InvalidCallback("The callback comes from another issuer, or does not say from which.")
    if "error" in answer:
        raise AuthorizationRefused(answer["error"], answer.get("error_description", ""))
    if not answer.get("code"):
        raise InvalidCallback("The callback has no code.")
    return answer["code"]
