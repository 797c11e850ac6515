"""The secret in a checkout's address: who has it may look and pay, without an account or a token.

It is made anew from the row's `secret_id` and a server key whenever it is shown, so it is not kept: neither the
database nor the key alone opens a checkout.
"""

import hmac

from polar_server.database import Row
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import TokenKind

_PURPOSE = "checkout client secret"


def secret_of(row: Row, keys: ServerKeys) -> str:
    """The secret of a checkout."""
    return tokens.assemble(
        TokenKind.CHECKOUT, row["secret_id"], keys.derive(_PURPOSE, row["secret_id"], row["key_id"])
    ).text


def id_in(secret: str) -> str | None:
    """The `secret_id` that a secret names, None for a text that is no secret: its checksum costs no look-up."""
    token = tokens.parse(secret, TokenKind.CHECKOUT)
    return None if token is None else token.id


def opens(secret: str, row: Row, keys: ServerKeys) -> bool:
    """Whether this is the secret of the checkout, in constant time."""
    return hmac.compare_digest(secret.encode(), secret_of(row, keys).encode())
