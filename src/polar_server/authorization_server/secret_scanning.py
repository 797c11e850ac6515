"""Reports of tokens found in public, signed as by GitHub's secret scanning: each is ended, and its holder told."""

import re
from typing import Literal

import msgspec
import structlog
from litestar import Response, post

from polar_server.accounts.desk import GivenDesk, GivenVisit
from polar_server.accounts.visits import Visit
from polar_server.audit import Actor
from polar_server.authorization_server.found_token_letters import list_holders, tell_holders
from polar_server.authorization_server.found_token_queries import KINDS
from polar_server.authorization_server.found_tokens import Found, end_token, find_token, record_ending
from polar_server.authorization_server.scanning_keys import GivenScanningKeys, KeysUnavailable, ScanningKeys, is_signed
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.html import PageRequest
from polar_server.oauth import tokens
from polar_server.oauth.tokens import Token

PATH = "/v1/integrations/github/secret-scanning"
KEY_ID, SIGNATURE = "github-public-key-identifier", "github-public-key-signature"
MOST_BODY = 262_144
"""Bytes of a report."""
MOST_REPORTED = 500
"""Tokens in a report."""

_RETRY_AFTER = 60
_LONGEST_PLACE = 500
_VISIBLE = re.compile(r"https?://[!-~]+")

log = structlog.get_logger()


class Report(msgspec.Struct):
    """One text that was found. What it is, its prefix says; `url` is where."""

    token: str
    type: str = ""
    url: str | None = None


class Verdict(msgspec.Struct):
    """The answer about one text."""

    token_raw: str
    token_type: str
    label: Literal["true_positive", "false_positive"]


_read_reports = msgspec.json.Decoder(list[Report]).decode
_encode = msgspec.json.Encoder().encode


@post(PATH, status_code=200, include_in_schema=False)
async def receive_reports(
    request: PageRequest, server: GivenServer, scanning_keys: GivenScanningKeys, desk: GivenDesk, visit: GivenVisit
) -> Response[bytes]:
    """End every reported token that is ours, and say of each whether it is. Reporting one again changes nothing."""
    if not scanning_keys.source:
        return _refusal(404, "ResourceNotFound", "Reports are not taken here.")
    body = await request.body()
    refused = await _refused(request, scanning_keys, body)
    if refused is not None:
        return refused
    try:
        reports = _read_reports(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _refusal(400, "BadRequest", "The body must be a JSON list of objects with a token.")
    if len(reports) > MOST_REPORTED:
        return _refusal(413, "RequestBodyTooLarge", f"At most {MOST_REPORTED} tokens are taken at a time.")
    verdicts = [await _judge(server, desk, visit, report) for report in reports]
    return Response(_encode(verdicts), media_type="application/json")


async def _refused(request: PageRequest, keys: ScanningKeys, body: bytes) -> Response[bytes] | None:
    """Why nothing of the report is read; the length is asked first, for everything after it costs more."""
    if len(body) > MOST_BODY:
        return _refusal(413, "RequestBodyTooLarge", f"A report has at most {MOST_BODY} bytes.")
    try:
        key = await keys.find(request.headers.get(KEY_ID, ""))
    except KeysUnavailable:
        return _refusal(503, "ServiceUnavailable", "The keys cannot be read now.", {"Retry-After": str(_RETRY_AFTER)})
    if key is None:
        return _refusal(400, "BadRequest", "The key that signed is not in the list of keys.")
    if not is_signed(body, request.headers.get(SIGNATURE, ""), key):
        return _refusal(403, "NotPermitted", "The signature does not fit the body.")
    return None


async def _judge(server: AuthorizationServer, desk: GivenDesk, visit: Visit, report: Report) -> Verdict:
    kind = tokens.kind_of(report.token)
    token = None if kind is None or kind not in KINDS else tokens.parse(report.token, kind)
    is_ours = token is not None and await _end_reported(server, desk, visit, token, _place(report.url))
    return Verdict(report.token, report.type, "true_positive" if is_ours else "false_positive")


async def _end_reported(
    server: AuthorizationServer, desk: GivenDesk, visit: Visit, token: Token, place: str | None
) -> bool:
    """End what the token stands for, once; whether it is one of ours, dead or alive."""
    async with server.database.read() as tx:
        found = await find_token(tx, server.server_keys, token, visit.now)
    if found is None or not found.is_alive:
        return found is not None
    async with server.database.write() as tx:
        ended = await end_token(tx, server.server_keys, found, "found in public", visit.now_ms)
        if ended:
            reporter = Actor(None, address=visit.address, user_agent="secret scanning")
            await record_ending(tx, reporter, "token.reported", found, visit.now, place=place or "")
        holders = await list_holders(tx, found) if ended else []
    if ended:
        tell_holders(desk, holders, found, place, visit.now)
    _log(found, ended=ended)
    return True


def _place(url: str | None) -> str | None:
    """Where the text was found, if it is an address that can be shown to people."""
    return url if url and len(url) <= _LONGEST_PLACE and _VISIBLE.fullmatch(url) else None


def _log(found: Found, *, ended: bool) -> None:
    log.warning("token_reported", kind=found.kind.name, id=found.id, user=found.user_id, ended=ended)


def _refusal(status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        _encode({"error": error, "detail": detail}), status_code=status, media_type="application/json", headers=headers
    )


routes = [receive_reports]
