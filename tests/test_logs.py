"""The log: a last net for secrets in what is written."""

import pytest

from polar_server import logs
from polar_server.oauth import tokens
from polar_server.oauth.tokens import TokenKind

NOW_MS, ENTROPY = 1_800_000_000_000, bytes(range(tokens.ENTROPY_BYTES))


@pytest.mark.parametrize("kind", TokenKind)
def test_tokens_are_cut_down_to_their_ids(kind: TokenKind) -> None:
    """Whatever kind of secret stands in an event is cut, also within a path or an exception; client ids are none."""
    token = tokens.mint(kind, NOW_MS, ENTROPY)
    event = logs.redact(None, "info", {"event": "refused", "path": f"/x/{token.text}/y", "size": 3})
    shown = token.text if kind is TokenKind.CLIENT_ID else f"{kind}{token.text.removeprefix(kind)[:11]}..."
    assert event == {"event": "refused", "path": f"/x/{shown}/y", "size": 3}


def test_secrets_of_webhooks_are_cut() -> None:
    """They have no id."""
    event = logs.redact(None, "info", {"reason": "the key whsec_0FLHrxDue0QdvV8QcJWGIAcPtjrYMl+VBQ6jkoOefQU= is bad"})
    assert event == {"reason": "the key whsec_... is bad"}
