"""`GET /metrics`, for whoever knows the token of the settings."""

import hmac
from collections.abc import Mapping
from typing import Any

from polar_server.plain import Endpoint, Request, Response
from polar_server.telemetry.counters import Telemetry

PATH = "/metrics"
_PRIVATE = (b"cache-control", b"no-store")
_REFUSED = Response(401, b"", ((b"www-authenticate", b"Bearer"), _PRIVATE))


def metrics_endpoints(telemetry: Telemetry, token: str) -> Mapping[str, Mapping[str, Endpoint]]:
    """The endpoint by path and method; none without a token, for then nobody may look."""
    if not token:
        return {}
    from polar_server.telemetry import prometheus  # noqa: PLC0415 - its library costs commands 50 ms at their start

    write, expected = prometheus.writer(telemetry), f"bearer {token}".encode()
    headers = ((b"content-type", prometheus.CONTENT_TYPE.encode()), _PRIVATE, (b"x-content-type-options", b"nosniff"))

    async def show(_: Any, request: Request) -> Response:
        scheme, _, presented = (request.header(b"authorization") or "").partition(" ")
        if not hmac.compare_digest(f"{scheme.lower()} {presented}".encode(), expected):
            return _REFUSED
        return Response(200, write(), headers)

    return {PATH: {"GET": show, "HEAD": show}}
