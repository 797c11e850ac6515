"""Logging: one event a line, with ids and digests and never a token, a code, a secret or a query string."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from polar_server.oauth.tokens import TokenKind

# A last net under the rule that events carry ids only: whatever looks like one of our secrets is cut.
# That of a checkout stands in the path of its page, and paths are logged.
_KINDS = "|".join(sorted({*TokenKind} - {TokenKind.CLIENT_ID}))
_SECRET = re.compile(rf"((?:{_KINDS})[0-9A-Za-z]{{0,11}})[0-9A-Za-z]*|(whsec_)[0-9A-Za-z+/=_-]*")


def configure(log_format: str) -> None:
    """Send events to standard error: `json`, `text`, or `auto` (text on a terminal)."""
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut everything that looks like one of our tokens down to its id, and line breaks that would forge a line."""
    return {name: _clean(value) if isinstance(value, str) else value for name, value in event.items()}


def _clean(text: str) -> str:
    return _SECRET.sub(r"\1\2...", text)
