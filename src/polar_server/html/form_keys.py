"""Form keys: whatever a form makes is drawn from its key, so a form that is sent twice makes the same thing twice.

A double click sends a form twice, and the browser shows the second answer only. Both draw the same ids and secrets, so
the second one finds that the thing is there and shows the same. The key is stored nowhere but in the form, sealed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from polar_server.oauth import tokens
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.oauth.tokens import Token, TokenKind

FIELD = "form_key"
RANDOM_BYTES = 32
LIFETIME = 3600
"""Seconds for which a form can be sent: for so long it shows again what it made before."""
TOO_OLD = "This page was open for more than an hour. Look over it, and send it once more."
_PURPOSE, _DRAWING = "form key", "drawn by a form"


@dataclass(frozen=True, slots=True, repr=False)
class FormKey:
    """One form as it was sent, for drawing from. `made_at_ms` is when the page was made, in epoch milliseconds."""

    server_keys: ServerKeys
    made_at_ms: int
    sent: str

    def mint(self, kind: TokenKind) -> Token:
        """The token of this kind that this form makes."""
        return tokens.mint(kind, self.made_at_ms, self._draw(kind)[: tokens.ENTROPY_BYTES])

    def new_id(self) -> str:
        """The UUID, of version 4, of what this form makes."""
        return str(UUID(bytes=self._draw("id")[:16], version=4))

    def random(self, purpose: str) -> Callable[[int], bytes]:
        """Takes the place of `os.urandom` for up to 32 bytes a call: the same calls get the same bytes."""
        calls = count()
        return lambda length: self._draw(f"{purpose} {next(calls)}")[:length]

    def _draw(self, purpose: str) -> bytes:
        return self.server_keys.derive(_DRAWING, f"{purpose} {self.sent}")


def seal(server_keys: ServerKeys, session_id: str, now_ms: int, random: bytes) -> str:
    """A new key, as the form's hidden field carries it. `random` are RANDOM_BYTES of fresh randomness."""
    return server_keys.seal(_PURPOSE, now_ms.to_bytes(8) + random, _place(session_id))


def read(server_keys: ServerKeys, session_id: str, path: str, form: Mapping[str, str], now_ms: int) -> FormKey | None:
    """The key of a form that was sent to `path`; None when it is too old, or is no key of this session's."""
    try:
        plain = server_keys.open(_PURPOSE, form.get(FIELD, ""), _place(session_id))
    except SealBroken:
        return None
    made_at_ms = int.from_bytes(plain[:8])
    if now_ms - made_at_ms >= LIFETIME * 1000:
        return None
    # What was typed counts: the same form with something else in it makes something else.
    typed = sorted((name, text) for name, text in form.items() if name != FIELD)
    return FormKey(server_keys, made_at_ms, json.dumps([session_id, path, plain.hex(), typed]))


def _place(session_id: str) -> str:
    return f"a form in {session_id}"
