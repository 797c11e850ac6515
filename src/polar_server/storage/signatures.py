"""Signature Version 4 in the query of a URL, as S3 and what speaks its protocol check it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from polar_server.storage.s3_location import Location

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to be signed. Its headers must be sent as they are here; the body is not part of the signature."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    lifetime: int


def presign(location: Location, wish: Wish, now: int) -> str:
    """The URL with which anybody can make the request, until `now` plus the lifetime, in seconds."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{location.region}/s3/aws4_request"
    headers = {"host": location.host, **wish.headers}
    query = {
        **wish.query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{location.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(wish.lifetime),
        "X-Amz-SignedHeaders": ";".join(sorted(headers)),
    }
    text = "&".join(f"{_quoted(name)}={_quoted(query[name])}" for name in sorted(query))
    request = _canonical(wish, text, headers)
    signed = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = hmac.digest(_key(location.secret_key, scope), signed.encode(), "sha256").hex()
    return f"{location.origin}{quote(wish.path, safe='/-_.~')}?{text}&X-Amz-Signature={signature}"


def _canonical(wish: Wish, query: str, headers: Mapping[str, str]) -> str:
    lines = [f"{name}:{headers[name].strip()}\n" for name in sorted(headers)]
    path = quote(wish.path, safe="/-_.~")
    return "\n".join([wish.method, path, query, "".join(lines), ";".join(sorted(headers)), "UNSIGNED-PAYLOAD"])


def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
