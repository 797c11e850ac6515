"""Holding what came of a request against what a case expects of it."""

from tests.attacks.cases import Case, Expectation
from tests.attacks.effect_words import EFFECT_WORDS
from tests.attacks.evidence import Evidence
from tests.attacks.placeholders import expand
from tests.attacks.response_words import RESPONSE_WORDS, error_of
from tests.attacks.wire import Response

WORDS = {**RESPONSE_WORDS, **EFFECT_WORDS}


class UnknownWord(Exception):
    """A case uses an assertion word that nobody defined."""


def check_words(case: Case) -> None:
    """Raises UnknownWord before anything of the case is run."""
    for step in case.steps:
        for text in [*step.expect.must, *step.expect.must_not]:
            word = text.partition(":")[0]
            if word not in WORDS:
                raise UnknownWord(f"{case.id}: {word}")


def check(expected: Expectation, evidence: Evidence) -> None:
    """Fail with the response that is not as expected, or with the word that does not hold."""
    for response in evidence.responses:
        _check_response(expected, response)
    for text in expected.must:
        assert _holds(text, evidence), f"must hold and does not: {text}\n{_shown(evidence.responses[0])}"
    for text in expected.must_not:
        assert not _holds(text, evidence), f"must not hold and does: {text}\n{_shown(evidence.responses[0])}"


def _check_response(expected: Expectation, response: Response) -> None:
    assert response.status in expected.statuses, f"status, not one of {expected.statuses}\n{_shown(response)}"
    # A repetition's one success has no error.
    if expected.errors and not 200 <= response.status < 300:
        assert error_of(response) in expected.errors, f"error, not one of {expected.errors}\n{_shown(response)}"


def _holds(text: str, evidence: Evidence) -> bool:
    word, _, argument = text.partition(":")
    return WORDS[word](evidence, expand(argument, evidence.values))


def _shown(response: Response) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers)
    return f"{response.status}\n{headers}\n\n{response.text[:3000]}"
