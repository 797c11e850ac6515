"""The page "Check a token": what a token is that turned up somewhere, and ending one's own."""

import json
from typing import Any

import structlog
from litestar import get, post

from polar_server.accounts import guesses
from polar_server.accounts.desk import GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.guesses import Limits, Throttled
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit, neighbourhood
from polar_server.authorization_server.found_token_words import WORDS
from polar_server.authorization_server.found_tokens import Description, describe_token, revoke_found
from polar_server.authorization_server.server import GivenServer
from polar_server.html import GivenPages, Page, PageRequest, Pages, redirect
from polar_server.html.words import duration
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.oauth.tokens import TokenKind

log = structlog.get_logger()

PATH = "/account/check-token"
TRIES, WINDOW = 30, 900
"""Checks of one person, in so many seconds; an address has three times as many."""

_PURPOSE = "found token"
_NOTHING: dict[str, Any] = {"description": None, "words": None, "reference": None, "done": None, "errors": {}}


@get(PATH, include_in_schema=False)
async def show_check(request: PageRequest, session: GivenSession, pages: GivenPages) -> Page:
    """The form."""
    signed_in = require_session(request, session)
    return _page(request, pages, signed_in, done=request.query_params.get("done"))


@post(PATH, status_code=200, include_in_schema=False)
async def check(
    request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages, visit: GivenVisit
) -> Page:
    """Say what was pasted. The token itself is in no answer: what could be ended is named by a sealed reference."""
    signed_in = require_session(request, session)
    form = await pages.read_form(request, session)
    throttled = await guesses.count(server.database, _limits(signed_in, visit), visit.now)
    if throttled:
        return _paused(request, pages, signed_in, throttled)
    if not form.get("token", "").strip():
        return _page(request, pages, signed_in, errors={"token": "Paste a token."})
    description = await describe_token(server, form["token"], signed_in.user.id)
    log.info("token_checked", user=signed_in.user.id, state=description.state, token=description.shown)
    reference = _sealed(server.server_keys, signed_in, description) if description.may_revoke else None
    words = WORDS[description.kind] if description.kind else None
    return _page(request, pages, signed_in, description=description, words=words, reference=reference)


@post(f"{PATH}/end", include_in_schema=False)
async def end(
    request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages, visit: GivenVisit
) -> Page:
    """End the token that was checked. Whether it is theirs is asked again."""
    signed_in = require_session(request, session)
    form = await pages.read_form(request, session)
    try:
        place = _place(signed_in)
        kind, token_id = json.loads(server.server_keys.open(_PURPOSE, form.get("reference", ""), place))
    except SealBroken:
        return pages.error(request, 404)
    ended = await revoke_found(server, TokenKind(kind), token_id, visit.by(signed_in.user.id))
    return redirect(f"{PATH}?done={'ended' if ended else 'not_ended'}")


def _limits(session: Session, visit: Visit) -> Limits:
    wide = f"check-token@{neighbourhood(visit.address)}"
    return Limits(f"check-token:{session.user.id}", TRIES, wide, 3 * TRIES, WINDOW)


def _paused(request: PageRequest, pages: Pages, session: Session, throttled: Throttled) -> Page:
    """429 (RFC 6585 §4): whoever has a list of texts must not use us to find those that work."""
    log.warning("throttled", kind="check_token", user=session.user.id, retry_after=throttled.retry_after)
    sentence = f"You checked many tokens. Try again in {duration(throttled.retry_after)}."
    return _page(request, pages, session, throttled.retry_after, errors={"token": sentence})


def _sealed(server_keys: ServerKeys, session: Session, description: Description) -> str:
    found = description.found
    assert found is not None, "what may be revoked was found"
    return server_keys.seal(_PURPOSE, json.dumps([found.kind, found.id]).encode(), _place(session))


def _place(session: Session) -> str:
    return f"check-token {session.id}"


def _page(request: PageRequest, pages: Pages, session: Session, retry_after: int | None = None, **values: Any) -> Page:
    return pages.render(
        request,
        "authorization_server/check_token.html",
        status=200 if retry_after is None else 429,
        headers=None if retry_after is None else {"Retry-After": str(retry_after)},
        session=session,
        **{**_NOTHING, **values},
    )


routes = [show_check, check, end]
