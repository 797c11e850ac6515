"""Assertion words about effects: races, times, tokens, pages, mail, the log, the database, and the canary."""

import re
from collections.abc import Mapping, Sequence
from statistics import median

from tests.attacks import apps
from tests.attacks.apps import App
from tests.attacks.browser import Browser
from tests.attacks.evidence import Evidence, Word, split
from tests.attacks.pages import Page
from tests.attacks.shop_words import SHOP_STATES, SHOP_WORDS
from tests.attacks.store import id_of
from tests.attacks.wire import Response

PAGES = {"sign_in": "/sign-in", "consent": "/oauth2/consent"}
"""The path that the form of a page posts to."""
ATTRIBUTES: Mapping[str, str | None] = {"owner": "owner_id", "first_party": None, "verified": None}
"""Where a client's attribute is kept. Ours are neither first-party nor verified: no column could say so."""


def _successes(evidence: Evidence) -> int:
    return sum(200 <= response.status < 300 for response in evidence.responses)


def _status_count(evidence: Evidence, argument: str) -> bool:
    status, count = split(argument)
    return sum(response.status == int(status) for response in evidence.responses) == int(count)


def _attempts_before_429_over(evidence: Evidence, limit: str) -> bool:
    statuses = [response.status for response in evidence.responses]
    return (statuses.index(429) if 429 in statuses else len(statuses)) > int(limit)


def _password_verifications_over(evidence: Evidence, limit: str) -> bool:
    """Every answer but a 429 has cost a password hash."""
    return sum(response.status != 429 for response in evidence.responses) > int(limit)


def _any_active_afterwards(evidence: Evidence, _: str) -> bool:
    server, app = evidence.values.world.server, _app(evidence)
    issued = {token for response in evidence.responses for token in _tokens(response)}
    return any(apps.is_active(server, app, token) for token in issued)


def _tokens(response: Response) -> list[str]:
    names = ("access_token", "refresh_token")
    return [response.json[name] for name in names if name in response.json] if response.status == 200 else []


def _app(evidence: Evidence) -> App:
    return App(evidence.values["client_id"], evidence.values["client_secret"], "", "")


def _latency_ms_over(evidence: Evidence, limit: str) -> bool:
    """A bomb is slow every time; a busy machine is not slow three times in a row."""
    return _is_slow(evidence.responses, limit) and all(_is_slow(evidence.again(), limit) for _ in range(2))


def _is_slow(responses: Sequence[Response], limit: str) -> bool:
    return max(response.seconds for response in responses) * 1000 > int(limit)


def _median_time_delta_ms_over(evidence: Evidence, limit: str) -> bool:
    """A leak is work left out, so most of the time; less than half of it is the noise of a busy machine."""
    ours, theirs = _median_ms(evidence.responses), _median_ms(evidence.compared)
    return abs(ours - theirs) > max(float(limit), max(ours, theirs) / 2)


def _median_ms(responses: Sequence[Response]) -> float:
    return median(response.seconds * 1000 for response in responses)


def _differs_from(evidence: Evidence, _: str) -> bool:
    return {_seen(r, evidence) for r in evidence.responses} != {_seen(r, evidence) for r in evidence.compared}


def _seen(response: Response, evidence: Evidence) -> tuple[int, str]:
    """What a response shows, without the address that was typed, the tokens of its forms and a passkey's challenge."""
    text = re.sub(r'name="csrf" value="[^"]*"|data-options="[^"]*"', "", response.text)
    return response.status, text.replace(evidence.values["email"], "").replace("nobody@example.com", "")


def _json_same(evidence: Evidence, name: str) -> bool:
    """Whether a member is what the request presented."""
    return any(response.json.get(name) == evidence.values[name] for response in evidence.responses)


def _token_scope_has(evidence: Evidence, scope: str) -> bool:
    issued = [response.json for response in evidence.responses if "access_token" in response.json]
    introspected = [_introspection(evidence, members["access_token"]).json for members in issued]
    return any(scope in members.get("scope", "").split() for members in [*issued, *introspected])


def _introspect_has(evidence: Evidence, text: str) -> bool:
    tokens = [token for response in evidence.responses for token in _tokens(response)]
    return any(text in _introspection(evidence, token).text for token in tokens)


def _introspection(evidence: Evidence, token: str) -> Response:
    form = {"token": token, **evidence.values.credentials}
    answer = evidence.values.world.server.post("/v1/oauth2/introspect", form)
    assert answer.json.get("active") is True, answer.text
    return answer


def _page(evidence: Evidence, name: str) -> bool:
    """Whether the person sees this page in the end."""
    browser = Browser(evidence.values.world.server)
    browser.cookies.update(split(cookie) for cookie in evidence.values["session_cookie"].split("; "))
    landed = browser.follow(evidence.responses[0])
    return landed.status == 200 and Page(landed.text).posts_to(PAGES[name])


def _outbound_request(evidence: Evidence, _: str) -> bool:
    return bool(evidence.values.world.canary.heard)


def _log_contains(evidence: Evidence, text: str) -> bool:
    return text in evidence.values.world.server.log()


def _log_line_contains(evidence: Evidence, start: str) -> bool:
    """Whether a line of the log begins with what an attacker wrote."""
    return any(line.startswith(start) for line in evidence.values.world.server.log().splitlines())


def _mail_contains(evidence: Evidence, text: str) -> bool:
    return text in evidence.values.world.outbox.wait_for(evidence.values["email"], "/reset-password")


def _client_attr(evidence: Evidence, argument: str) -> bool:
    name, value = split(argument)
    column, client_id = ATTRIBUTES[name], evidence.responses[0].json.get("client_id")
    if column is None or client_id is None:
        return False
    sql = f"SELECT {column} FROM clients WHERE client_id = :client_id"
    row = evidence.values.world.store.find(sql, client_id=client_id)
    assert row is not None, "it was registered"
    return str(row[column]) == value


def _session_ended(evidence: Evidence) -> bool:
    session_id = id_of(evidence.values["session_cookie_value"])
    row = evidence.values.world.store.find("SELECT ended_at FROM sessions WHERE id = :id", id=session_id)
    assert row is not None, "somebody signed in"
    return row["ended_at"] is not None


STATES = {"session_ended": _session_ended, **SHOP_STATES}

EFFECT_WORDS: Mapping[str, Word] = {
    "success_count": lambda evidence, count: _successes(evidence) == int(count),
    "success_count_over": lambda evidence, limit: _successes(evidence) > int(limit),
    "status_count": _status_count,
    "eventually_status": lambda evidence, status: any(r.status == int(status) for r in evidence.responses),
    "attempts_before_429_over": _attempts_before_429_over,
    "password_verifications_over": _password_verifications_over,
    "any_active_afterwards": _any_active_afterwards,
    "latency_ms_over": _latency_ms_over,
    "median_time_delta_ms_over": _median_time_delta_ms_over,
    "differs_from": _differs_from,
    "json_same": _json_same,
    "token_scope_has": _token_scope_has,
    "introspect_has": _introspect_has,
    "page": _page,
    "state": lambda evidence, name: STATES[name](evidence),
    "outbound_request": _outbound_request,
    "log_contains": _log_contains,
    "log_line_contains": _log_line_contains,
    "mail_contains": _mail_contains,
    "client_attr": _client_attr,
    **SHOP_WORDS,
}
