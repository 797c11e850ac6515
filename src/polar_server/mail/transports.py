"""Where a message goes: an SMTP server (RFC 5321), or a folder while developing."""

import asyncio
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

SMTP_TIMEOUT = 20
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Undeliverable(Exception):
    """The server refused this message for good: another try cannot help."""


class Transport(Protocol):
    """Sends one message, or raises: Undeliverable for good, OSError or SMTPException for now."""

    async def send(self, mail: EmailMessage) -> None: ...


class SmtpMailer:
    """Sends over SMTP, one connection a message."""

    def __init__(self, url: str, timeout: float = SMTP_TIMEOUT) -> None:
        """`url`: smtp, smtp+starttls or smtps, with user and password percent-encoded. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("an SMTP URL looks like smtps://user:password@mail.example.com:465")
        self._client = {
            "hostname": parts.hostname,
            "port": parts.port or _PORTS[parts.scheme],
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            # None would fall back to clear text when the server does not offer STARTTLS.
            "start_tls": parts.scheme == "smtp+starttls",
            "timeout": timeout,
        }

    async def reach(self) -> None:
        """Connect and sign in, and send nothing. Raises OSError or SMTPException."""
        async with aiosmtplib.SMTP(**self._client):  # type: ignore[arg-type]
            pass

    async def send(self, mail: EmailMessage) -> None:
        try:
            await aiosmtplib.send(mail, **self._client)  # type: ignore[arg-type]
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(500 <= refused.code < 600 for refused in error.recipients):
                raise Undeliverable(f"the recipient was refused with {error.recipients[0].code}") from error
            raise
        except aiosmtplib.SMTPResponseException as error:
            if 500 <= error.code < 600 and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
                raise Undeliverable(f"the message was refused with {error.code}") from error
            raise


class FolderMailer:
    """Writes .eml files whose names sort by time; a reader never sees half a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def send(self, mail: EmailMessage) -> None:
        await asyncio.to_thread(self._write, self._name(mail), mail.as_bytes())

    def _name(self, mail: EmailMessage) -> str:
        self._count += 1
        sent, message_id = mail["Date"].datetime, mail["Message-ID"].strip("<>").partition("@")[0]
        return f"{sent:%Y%m%dT%H%M%SZ}-{self._count:06d}-{message_id}.eml"

    def _write(self, name: str, content: bytes) -> None:
        # People's links are in here, so nobody else on this machine may read them.
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._folder / f".{name}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        part.rename(self._folder / name)
