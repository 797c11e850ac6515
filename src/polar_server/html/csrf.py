"""A token for each form, so that no other site can post it (RFC 6749 §10.12, RFC 9700 §4.7)."""

import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from litestar import Request

from polar_server.oauth.server_keys import ServerKeys

FIELD = "csrf"


class Forbidden(Exception):
    """The form was not sent by a page of ours to this browser. The message is for the log."""


def token(server_keys: ServerKeys, binding: str, action: str) -> str:
    """The token of one form: `binding` is the session id or the browser cookie, `action` where the form posts to."""
    return _token(server_keys, binding, action, server_keys.key_id)


def check(
    request: Request[Any, Any, Any], server_keys: ServerKeys, issuer: str, binding: str | None, given: str
) -> None:
    """Raises Forbidden unless the request comes from our own page and carries the token of this form and browser.

    `issuer` is the only origin whose pages may post here. `given` is the token that came with the form.
    """
    _check_origin(request.headers.get("origin"), request.headers.get("sec-fetch-site"), issuer)
    if binding is None:
        raise Forbidden("the browser sent no cookie")
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    key_id = given.partition(".")[0]
    expected = _token(server_keys, binding, f"{path}?{query}" if query else path, key_id)
    if not hmac.compare_digest(_bytes(expected), _bytes(given)):
        raise Forbidden("the token does not fit this form and browser")


def _check_origin(origin: str | None, site: str | None, issuer: str) -> None:
    # Under our Referrer-Policy, no-referrer, browsers send "null" for our own pages too (Fetch §3.2).
    if origin not in (None, "null", issuer.lower()):
        raise Forbidden(f"posted from the origin {origin!r}")
    if site not in (None, "same-origin", "none"):
        raise Forbidden(f"posted with Sec-Fetch-Site {site!r}")


def _token(server_keys: ServerKeys, binding: str, action: str, key_id: str) -> str:
    text = json.dumps([binding, *_canonical(action)])
    return f"{key_id}.{server_keys.derive('csrf', text, key_id).hex()}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _canonical(action: str) -> tuple[str, list[tuple[str, str]]]:
    """Path and parameters decoded: a browser escapes a few characters of an address in its own way."""
    parts = urlsplit(action)
    return unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True)
