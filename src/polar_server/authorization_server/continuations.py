"""Coming back to an authorization request after a page of ours: what has happened already travels in the URL.

Nothing is stored until the person approves. The seal binds a continuation to the
browser it was made for and to the request, so nobody can finish another's.
"""

import hmac
from dataclasses import dataclass

from polar_server.oauth.authorization import Continuation
from polar_server.oauth.server_keys import ServerKeys

PARAMETER = "continue"
LIFETIME = 3600


class WrongBrowser(Exception):
    """The continuation was made for another browser or another request."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens continuations of one request (its query without the continuation) in one browser."""

    server_keys: ServerKeys
    browser: str
    query: str

    def seal(self, continuation: Continuation) -> str:
        """The value of the `continue` parameter."""
        return (
            f"{self._text(continuation)}.{self._mac(continuation, self.server_keys.key_id)}.{self.server_keys.key_id}"
        )

    def open(self, text: str, now: int) -> Continuation | None:
        """The continuation, None when it is too old to count. Raises WrongBrowser."""
        started_at, selected, mac, key_id = (*text.split("."), "", "", "", "")[:4]
        if not (started_at.isascii() and started_at.isdigit() and len(started_at) <= 12):
            raise WrongBrowser("malformed")
        continuation = Continuation(int(started_at), selected == "1")
        if not hmac.compare_digest(self._mac(continuation, key_id).encode(), mac.encode("utf-8", "surrogatepass")):
            raise WrongBrowser("the seal does not fit")
        return continuation if now - continuation.started_at < LIFETIME else None

    def _mac(self, continuation: Continuation, key_id: str) -> str:
        text = "\n".join((self.browser, self.query, self._text(continuation)))
        return self.server_keys.derive("continuation", text, key_id).hex()[:32]

    @staticmethod
    def _text(continuation: Continuation) -> str:
        return f"{continuation.started_at}.{int(continuation.account_selected)}"
