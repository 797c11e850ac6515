"""What came of a request, for the assertion words to look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.attacks.values import Values
from tests.attacks.wire import Response


@dataclass(frozen=True, slots=True)
class Evidence:
    """The responses of one step, those of the request it is compared with, and the values of its case.

    `again` sends the step's request once more.
    """

    values: Values
    responses: Sequence[Response]
    again: Callable[[], Sequence[Response]]
    compared: Sequence[Response] = ()


Word = Callable[[Evidence, str], bool]
"""Whether something is so; the text is what stands after the word's colon."""
ResponseWord = Callable[[Response, str], bool]


def of_any(word: ResponseWord) -> Word:
    """The word about one response, made one about all: it is so when it is so for any of them."""
    return lambda evidence, argument: any(word(response, argument) for response in evidence.responses)


def split(argument: str) -> tuple[str, str]:
    """`name=value`."""
    name, _, value = argument.partition("=")
    return name, value
