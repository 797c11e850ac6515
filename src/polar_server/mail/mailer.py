"""The mailer: pages post messages to a queue, one task sends them and tries again."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiosmtplib import SMTPException

from polar_server.mail.message import Message, compose, new_message_id
from polar_server.mail.transports import FolderMailer, SmtpMailer, Transport
from polar_server.settings import Settings

WAITING_LIMIT = 1_000
RETRY_AFTER = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds before each further try; after the last the message is given up and logged."""
CLOSING_GRACE = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Posted:
    message: Message
    id: str
    posted_at: int
    tries: int = 0


class Mailer:
    """Sends messages in the background, so that mail neither delays nor fails a page."""

    def __init__(
        self, transport: Transport, sender: str, clock: Callable[[], float], retry_after: Sequence[float] = RETRY_AFTER
    ) -> None:
        self._transport, self._sender, self._clock, self._retry_after = transport, sender, clock, retry_after
        self._queue: asyncio.Queue[_Posted] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        # Messages that could not be sent since this process started, for the people who run it.
        self.given_up = 0

    @property
    def waiting(self) -> int:
        """Messages that this process has still to send."""
        return len(self._waiting)

    def open(self) -> None:
        """Start sending. Needs a running event loop."""
        self._task = asyncio.create_task(self._send_forever(), name="mailer")

    async def close(self, grace: float = CLOSING_GRACE) -> None:
        """Send what is queued for at most `grace` seconds, then log what is left."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.sent(), grace)
        if self._task:
            self._task.cancel()
        for message_id in self._waiting:
            log.error("mail_lost_at_shutdown", message_id=message_id)

    async def sent(self) -> None:
        """Wait until every message that was posted has had its first try."""
        await self._queue.join()

    def post(self, message: Message) -> str:
        """Queue a message and give its Message-ID. When too many wait, it is dropped and logged."""
        posted = _Posted(message, new_message_id(self._sender), int(self._clock()))
        if len(self._waiting) >= WAITING_LIMIT:
            log.error("mail_dropped", message_id=posted.id, waiting=len(self._waiting))
            return posted.id
        self._waiting.add(posted.id)
        self._queue.put_nowait(posted)
        return posted.id

    async def _send_forever(self) -> None:
        while True:
            posted = await self._queue.get()
            await self._try(posted)
            self._queue.task_done()

    async def _try(self, posted: _Posted) -> None:
        try:
            await self._transport.send(compose(posted.message, self._sender, posted.id, posted.posted_at))
        except (OSError, SMTPException) as error:
            self._retry(posted, error)
        except Exception as error:  # noqa: BLE001 - one bad message must not stop those behind it
            self._give_up(posted, error)
        else:
            self._waiting.discard(posted.id)
            log.info("mail_sent", message_id=posted.id, tries=posted.tries + 1)

    def _retry(self, posted: _Posted, error: Exception) -> None:
        if posted.tries >= len(self._retry_after):
            self._give_up(posted, error)
            return
        delay = self._retry_after[posted.tries]
        log.warning("mail_delayed", message_id=posted.id, error=type(error).__name__, retry_after=delay)
        again = _Posted(posted.message, posted.id, posted.posted_at, posted.tries + 1)
        asyncio.get_running_loop().call_later(delay, self._queue.put_nowait, again)

    def _give_up(self, posted: _Posted, error: Exception) -> None:
        self._waiting.discard(posted.id)
        self.given_up += 1
        # A server's answer may repeat the message, so only the kind of error is logged.
        log.error("mail_failed", message_id=posted.id, error=type(error).__name__, tries=posted.tries + 1)


def mailer_for(settings: Settings, clock: Callable[[], float]) -> Mailer:
    """The mailer that the settings ask for: SMTP, or the folder `mail` in the data folder."""
    return Mailer(_transport_for(settings), settings.mail_from, clock)


async def send_at_once(settings: Settings, message: Message, now: int) -> bool:
    """Send a message without a queue, where no server runs. False when that fails: it is not tried again."""
    sender = settings.mail_from
    try:
        await _transport_for(settings).send(compose(message, sender, new_message_id(sender), now))
    except (OSError, SMTPException):
        return False
    return True


def _transport_for(settings: Settings) -> Transport:
    return SmtpMailer(settings.smtp_url) if settings.smtp_url else FolderMailer(settings.data_dir / "mail")
