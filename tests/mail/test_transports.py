"""Sending over a real SMTP connection, and into a folder."""

import stat
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from tests.mail.conftest import MESSAGE, SENDER, SmtpServer

from polar_server.mail import FolderMailer, Message, SmtpMailer
from polar_server.mail.message import compose, new_message_id
from polar_server.mail.transports import Undeliverable


def mail_to(address: str = "ada@example.com", now: int = 1_767_225_600) -> EmailMessage:
    return compose(Message(address, "Grüße", MESSAGE + "Grüße\n"), SENDER, new_message_id(SENDER), now)


@pytest.mark.anyio
async def test_smtp_delivers_to_the_recipient_alone(smtp_server: SmtpServer) -> None:
    """The envelope names one recipient and the text arrives as it was written."""
    await SmtpMailer(smtp_server.url).send(mail_to())
    assert [recipient.partition(">")[0] for recipient in smtp_server.recipients] == ["RCPT TO:<ada@example.com"]
    assert "Grüße".encode() in smtp_server.messages[0]
    assert b"verify-email?token=polar_ml_1\r\n" in smtp_server.messages[0]


@pytest.mark.anyio
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_final_refusal_is_told_from_a_delay(smtp_server: SmtpServer, command: str) -> None:
    """5xx means that no further try helps; 4xx may be tried again."""
    smtp_server.answers[command] = ["550 no such mailbox"]
    with pytest.raises(Undeliverable):
        await SmtpMailer(smtp_server.url).send(mail_to())
    smtp_server.answers[command] = ["451 later"]
    with pytest.raises(aiosmtplib.SMTPException):
        await SmtpMailer(smtp_server.url).send(mail_to())


@pytest.mark.anyio
async def test_starttls_is_never_left_out(smtp_server: SmtpServer) -> None:
    """A server that does not offer STARTTLS gets neither the password nor the message."""
    url = smtp_server.url.replace("smtp://", "smtp+starttls://user:secret@")
    with pytest.raises(aiosmtplib.SMTPException):
        await SmtpMailer(url).send(mail_to())
    assert not smtp_server.messages


@pytest.mark.anyio
async def test_a_server_that_is_away_is_an_error_to_retry() -> None:
    """Without a server on the port the error is one that the mailer retries."""
    with pytest.raises((OSError, aiosmtplib.SMTPException)):
        await SmtpMailer("smtp://127.0.0.1:1", timeout=2).send(mail_to())


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://", ""])
def test_a_url_that_is_no_mail_server_is_refused(url: str) -> None:
    """A typing error in the setting stops the start, not the first mail."""
    with pytest.raises(ValueError, match="SMTP URL"):
        SmtpMailer(url)


@pytest.mark.anyio
async def test_folder_has_one_private_file_for_each_message(tmp_path: Path) -> None:
    """Files sort in the order of sending, are whole, and only their owner reads them."""
    mailer = FolderMailer(tmp_path / "mail")
    for number in range(12):
        await mailer.send(mail_to(f"{number}@example.com", now=1_767_225_600 + number // 6))
    files = sorted((tmp_path / "mail").iterdir())
    assert [f"To: {number}@example.com" in file.read_text() for number, file in enumerate(files)] == [True] * 12
    assert {file.suffix for file in files} == {".eml"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
