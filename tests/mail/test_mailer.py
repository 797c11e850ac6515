"""The queue between pages and transports: it retries, gives up, never blocks and never tells the text."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.mail.conftest import MESSAGE, SENDER, SmtpServer

from polar_server.mail import Mailer, Message, mailer, mailer_for
from polar_server.mail.transports import Undeliverable
from polar_server.settings import Settings

HELLO = Message("ada@example.com", "Hello", MESSAGE)
MakeMailer = Callable[..., Mailer]


class Transport:
    """Fails with each of the errors in turn, then sends."""

    def __init__(self, errors: Sequence[Exception] = ()) -> None:
        self.errors = list(errors)
        self.sent: list[EmailMessage] = []
        self.tries = 0

    async def send(self, mail: EmailMessage) -> None:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(mail)


@pytest.fixture
async def started() -> AsyncIterator[MakeMailer]:
    made: list[Mailer] = []

    def make(transport: Transport, retry_after: Sequence[float] = (0.01, 0.01)) -> Mailer:
        made.append(Mailer(transport, SENDER, lambda: 1_767_225_600.5, retry_after))
        made[-1].open()
        return made[-1]

    yield make
    for one in made:
        await one.close(grace=0.1)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds; fails after two seconds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what we wait for has no event
            await asyncio.sleep(0.005)


@pytest.mark.anyio
async def test_posting_returns_before_anything_is_sent(started: MakeMailer) -> None:
    """A page never waits: the message is sent after post has returned its id."""
    transport = Transport()
    posted = started(transport)
    message_id = posted.post(HELLO)
    assert transport.tries == 0
    await posted.sent()
    assert [mail["Message-ID"] for mail in transport.sent] == [message_id]


@pytest.mark.anyio
async def test_a_failed_message_is_tried_again_as_the_same_message(started: MakeMailer) -> None:
    """After two errors the third try sends, with the id of the first."""
    transport = Transport([ConnectionRefusedError(), TimeoutError()])
    message_id = started(transport).post(HELLO)
    await until(lambda: bool(transport.sent))
    assert transport.tries == 3
    assert transport.sent[0]["Message-ID"] == message_id


@pytest.mark.anyio
async def test_a_message_is_given_up_after_the_last_try(started: MakeMailer) -> None:
    """When every try failed it is logged by its id and without its address, subject and text."""
    transport = Transport([OSError("to ada@example.com: " + MESSAGE)] * 9)
    with capture_logs() as logs:
        message_id = started(transport).post(HELLO)
        await until(lambda: any(entry["event"] == "mail_failed" for entry in logs))
    assert transport.tries == 3
    assert {entry["message_id"] for entry in logs} == {message_id}
    for secret in ("ada@example.com", "polar_ml_1", "Hello"):
        assert secret not in str(logs)


@pytest.mark.anyio
@pytest.mark.parametrize("error", [Undeliverable("550"), RuntimeError("a bug")])
async def test_a_hopeless_message_is_not_retried_and_holds_up_nobody(started: MakeMailer, error: Exception) -> None:
    """A final refusal or a bug ends one message; the next one is sent."""
    transport = Transport([error])
    posted = started(transport)
    posted.post(HELLO)
    second = posted.post(HELLO)
    await posted.sent()
    assert transport.tries == 2
    assert [mail["Message-ID"] for mail in transport.sent] == [second]


@pytest.mark.anyio
async def test_a_message_that_waits_for_its_retry_holds_up_nobody(started: MakeMailer) -> None:
    """The next message is sent while the first one waits."""
    transport = Transport([OSError()])
    posted = started(transport, retry_after=[60])
    posted.post(HELLO)
    second = posted.post(HELLO)
    await posted.sent()
    assert [mail["Message-ID"] for mail in transport.sent] == [second]


@pytest.mark.anyio
async def test_the_queue_has_an_end(started: MakeMailer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, messages that wait for a retry included, a message is dropped and logged."""
    monkeypatch.setattr(mailer, "WAITING_LIMIT", 2)
    transport = Transport([OSError()])
    posted = started(transport, retry_after=[60])
    posted.post(HELLO)
    await posted.sent()
    with capture_logs() as logs:
        kept, dropped = posted.post(HELLO), posted.post(HELLO)
        await posted.sent()
    assert [entry["message_id"] for entry in logs if entry["event"] == "mail_dropped"] == [dropped]
    assert [mail["Message-ID"] for mail in transport.sent] == [kept]


@pytest.mark.anyio
async def test_closing_sends_what_is_queued_and_logs_what_is_left() -> None:
    """At shutdown queued messages still go out; those that wait for a retry are named in the log."""
    transport = Transport([OSError()])
    closing = Mailer(transport, SENDER, lambda: 0, retry_after=[60])
    closing.open()
    lost, sent = closing.post(HELLO), closing.post(HELLO)
    with capture_logs() as logs:
        await closing.close()
    assert [mail["Message-ID"] for mail in transport.sent] == [sent]
    assert [entry["message_id"] for entry in logs if entry["event"] == "mail_lost_at_shutdown"] == [lost]


@pytest.mark.anyio
async def test_settings_choose_the_folder_or_the_server(tmp_path: Path, smtp_server: SmtpServer) -> None:
    """Without an SMTP URL mail becomes files in the data folder, with one it is sent there."""
    for settings in (Settings(data_dir=tmp_path), Settings(data_dir=tmp_path, smtp_url=smtp_server.url)):
        chosen = mailer_for(settings, lambda: 1_767_225_600)
        chosen.open()
        chosen.post(HELLO)
        await chosen.sent()
        await chosen.close()
    (file,) = (tmp_path / "mail").iterdir()
    assert "polar_ml_1" in file.read_text()
    assert len(smtp_server.messages) == 1
