"""What is shown once: it travels past the redirect in a sealed cookie, which the page that shows it deletes.

The cookie opens for one session, at one path and for a few minutes. Nothing of it is stored here.
"""

import json
import zlib
from typing import Any
from urllib.parse import unquote

from polar_server.oauth.server_keys import SealBroken, ServerKeys

LIFETIME = 300
"""Seconds from the form to the page that follows it: a slow network, not a person."""
_PURPOSE = "shown once, compressed"


def seal(server_keys: ServerKeys, session_id: str, path: str, values: dict[str, Any], now: int) -> str:
    """The cookie's value. `path` is that of the page that shows the values; `now` is epoch seconds."""
    plain = json.dumps({"until": now + LIFETIME, "values": values}).encode()
    # The tokens of a sign-in fill a cookie to three quarters; uncompressed they would not fit.
    return server_keys.seal(_PURPOSE, zlib.compress(plain, 9), _place(session_id, path))


def open_sealed(
    server_keys: ServerKeys, session_id: str, path: str, sealed: str | None, now: int
) -> dict[str, Any] | None:
    """What the cookie carries; None when it is missing, too old, or for another session or page."""
    if not sealed:
        return None
    try:
        carried = json.loads(zlib.decompress(server_keys.open(_PURPOSE, sealed, _place(session_id, path))))
    except SealBroken:
        return None
    values: dict[str, Any] | None = carried["values"] if now < carried["until"] else None
    return values


def _place(session_id: str, path: str) -> str:
    return f"{unquote(path)} in {session_id}"
