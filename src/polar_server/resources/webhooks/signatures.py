"""Secrets of endpoints, and signatures of what is sent to them (Standard Webhooks).

The published clients disagree about the key: the older read the whole secret as text, libraries of the
standard decode what follows `whsec_`. The header holds a signature for each, and a receiver takes the one it knows.
"""

import base64
import binascii
import hmac

from polar_server.oauth.server_keys import ServerKeys

PREFIX = "whsec_"
SECRET_BYTES = 32
_PURPOSE = "webhook secret"


def new_secret(entropy: bytes) -> str:
    """A secret from 32 random bytes. Raises ValueError for fewer."""
    if len(entropy) < SECRET_BYTES:
        raise ValueError(f"a secret needs {SECRET_BYTES} random bytes")
    return PREFIX + base64.b64encode(entropy[:SECRET_BYTES]).decode()


def sign(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature` of a message sent at a time in epoch seconds."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in _keys(secret))


def _keys(secret: str) -> list[bytes]:
    text = secret.encode()
    encoded = secret.removeprefix(PREFIX)
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return [text]
    return [text, decoded]


def seal_secret(server_keys: ServerKeys, endpoint_id: str, secret: str) -> str:
    """The secret as it is kept: it opens only in its own row, under our key."""
    return server_keys.seal(_PURPOSE, secret.encode(), _place(endpoint_id))


def open_secret(server_keys: ServerKeys, endpoint_id: str, sealed: str) -> str:
    """The secret in clear. Raises SealBroken."""
    return server_keys.open(_PURPOSE, sealed, _place(endpoint_id)).decode()


def _place(endpoint_id: str) -> str:
    return f"webhook_endpoints {endpoint_id} secret"
