"""The life of signing keys as a picture: a bar for each, from its making to its removal, in parts of a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass

from polar_server.oauth.keys import SigningKey

WIDTH = 1000
_AHEAD = 30 * 86_400
"""Seconds that are shown of the time to come, when nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: `state` is one of a key's states, `left` and `width` are in thousandths of the picture."""

    state: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A key and its bar."""

    key: SigningKey
    state: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars, the place of the present, and the ends of the picture in epoch seconds."""

    bars: Sequence[Bar]
    today: int
    begins_at: int
    ends_at: int


def timeline_of(keys: Sequence[SigningKey], now: int) -> Timeline:
    """The picture of these keys, newest first. There is at least one."""
    newest_first = sorted(keys, key=lambda key: (key.created_at, key.kid), reverse=True)
    begins_at = min(key.created_at for key in keys)
    ends_at = max([now + _AHEAD, *(key.removed_at for key in keys if key.removed_at is not None)])

    def place(at: int) -> int:
        return (min(max(at, begins_at), ends_at) - begins_at) * WIDTH // (ends_at - begins_at)

    def bar(key: SigningKey) -> Bar:
        retired_at = ends_at if key.retired_at is None else key.retired_at
        removed_at = ends_at if key.removed_at is None else key.removed_at
        moments = (key.created_at, min(key.active_from, retired_at), retired_at, removed_at)
        places = [place(at) for at in moments]
        states = ("pending", "active", "retired")
        parts = [
            Part(state, left, right - left) for state, left, right in zip(states, places, places[1:], strict=False)
        ]
        return Bar(key, key.state(now).value, [part for part in parts if part.width > 0])

    return Timeline([bar(key) for key in newest_first], place(now), begins_at, ends_at)
