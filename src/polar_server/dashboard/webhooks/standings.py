"""How an endpoint does, in a word and a sentence, and what became of its events."""

from collections.abc import Iterable
from dataclasses import dataclass

from polar_server.database import Row
from polar_server.resources.webhooks.schedule import ATTEMPTS, FAILURES

STATES = {
    "succeeded": ("Arrived", "good"),
    "pending": ("Waiting", "warn"),
    "failed": ("Given up", "bad"),
    "skipped": ("Skipped", ""),
}
"""What became of an event -> its words and the kind of its badge."""
_SOON = 60
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`kind` is that of a badge. `why` is empty where there is nothing to explain; `tried_at` is epoch seconds."""

    word: str
    kind: str
    why: str
    waiting: int
    tried_at: int | None


def standing_of(row: Row) -> Standing:
    """The standing of an endpoint, from its row of `log_queries.list_standings`."""
    word, kind, why = _judge(row)
    return Standing(word, kind, why, row["waiting"], row["tried_at"])


def is_moving(events: Iterable[Row], now: int) -> bool:
    """Whether something becomes of one of these events soon, so that it is worth to look again."""
    return any(event["status"] == "pending" and event["due_at"] <= now + _SOON for event in events)


def _judge(row: Row) -> tuple[str, str, str]:
    if not row["enabled"]:
        return "Disabled", "bad", _why_disabled(row)
    if row["tries"]:
        tries = f"{row['tries']} of {ATTEMPTS} tries" if row["tries"] > 1 else f"The first of {ATTEMPTS} tries"
        return "Failing", "warn", f"{tries} failed. {_last_answer(row)}"
    if row["failed_in_a_row"]:
        return "Failing", "warn", f"{_events(row['failed_in_a_row'])} did not arrive. {_last_answer(row)}"
    if row["tried_at"] is None:
        return "Nothing sent yet", "", ""
    return "Healthy", "good", ""


def _why_disabled(row: Row) -> str:
    if row["failed_in_a_row"] < FAILURES:
        return "Somebody disabled it."
    return f"{_events(row['failed_in_a_row'])} in a row did not arrive, so it was disabled. {_last_answer(row)}"


def _last_answer(row: Row) -> str:
    """What came of the last attempt, as a sentence. Without an answer the sender said why."""
    if row["http_code"] is not None:
        return f"The last answer was {row['http_code']}."
    return str(row["response"] or "")


def _events(count: int) -> str:
    return "One event" if count == 1 else f"{count} events"
