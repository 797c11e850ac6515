"""Running one case: the situation, the page it opens, its requests, and a look at what came of each."""

from functools import partial

import msgspec
from tests.attacks.assertions import check, check_words
from tests.attacks.cases import Case, Opening, Request
from tests.attacks.evidence import Evidence
from tests.attacks.placeholders import expand
from tests.attacks.response_words import location_code
from tests.attacks.situations import AFTERWARDS, SITUATIONS
from tests.attacks.values import Values
from tests.attacks.wire import Response
from tests.attacks.world import World


def run(case: Case, world: World) -> None:
    """Run a case. Raises AssertionError for what is not as expected, other errors for a case that cannot be run."""
    check_words(case)
    values = Values(world, world.strict_server if case.on == "strict" else world.server)
    if case.situation is not None:
        SITUATIONS[case.situation](values)
    if case.opens is not None:
        _open(case.opens, values)
    responses, compared = _send(case.request, case.compared_with, values)
    if case.afterwards is not None:
        AFTERWARDS[case.afterwards](values, responses)
    check(case.expect, Evidence(values, responses, partial(_send_round, case.request, range(1), values), compared))
    for step in case.then:
        _learn(responses[0], values)
        responses, _ = _send(step.request, None, values)
        check(step.expect, Evidence(values, responses, partial(_send_round, step.request, range(1), values)))


def _open(opening: Opening, values: Values) -> None:
    """Open a page; the case knows the form on it, by where it posts to and by its token."""
    browser = values.world.ada.browser if opening.by == "person" else values.browser
    path = expand(opening.path, values)
    browser.open(path, expand(opening.params, values))
    form = next(form for form in browser.page.forms if "csrf" in form.fields)
    values.set(form_action=form.action, consent_path=form.action, csrf=form.fields["csrf"])


def _send(request: Request, compared: Request | None, values: Values) -> tuple[list[Response], list[Response]]:
    """The responses to all repetitions; those that are compared are sent in turns, so that both meet the same load."""
    responses: list[Response] = []
    others: list[Response] = []
    rounds = [
        range(start, min(start + request.concurrency, request.repeat))
        for start in range(0, request.repeat, request.concurrency)
    ]
    for indices in rounds:
        responses += _send_round(request, indices, values)
        if compared is not None:
            others += _send_round(compared, indices, values)
    return responses, others


def _send_round(request: Request, indices: range, values: Values) -> list[Response]:
    together = [_expanded(request, values, index) for index in indices]
    if request.alongside is not None:
        together.append(_expanded(request.alongside, values, 0))
    return values.server.place.send_together(together)


def _expanded(request: Request, values: Values, index: int) -> Request:
    return msgspec.convert(expand(msgspec.to_builtins(request), values, index), Request)


def _learn(response: Response, values: Values) -> None:
    """A code that a response carries is the code of the steps that follow, unless the case has used another."""
    code = location_code(response)
    if code is not None and not values.knows("code"):
        values.set(code=code)
