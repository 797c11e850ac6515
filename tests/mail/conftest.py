"""A real SMTP server on a loopback port, which can be told what to answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest

MESSAGE = "Hello,\n\nhttps://id.example.com/verify-email?token=polar_ml_1\n"
SENDER = "Polar <no-reply@id.example.com>"


class SmtpServer:
    """Receives mail (RFC 5321). `answers` replaces the usual answer to a command, once for each entry."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 ready\r\n")
        try:
            while line := (await reader.readline()).decode():
                command = line[:4].upper().strip()
                writer.write((self._answer(command, line) + "\r\n").encode())
                if command == "DATA" and not self._refused:
                    await self._receive(reader, writer)
                if command == "QUIT":
                    break
        finally:
            writer.close()

    def _answer(self, command: str, line: str) -> str:
        usual = {"EHLO": "250-here\r\n250 8BITMIME", "DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 ok")
        planned = self.answers.get(command)
        answer = planned.pop(0) if planned else usual
        self._refused = answer[0] in "45"
        if command == "RCPT" and not self._refused:
            self.recipients.append(line.strip())
        return answer

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.messages.append((await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n"))
        writer.write(b"250 taken\r\n")


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    smtp = SmtpServer()
    server = await asyncio.start_server(smtp.talk, "127.0.0.1", 0)
    smtp.port = server.sockets[0].getsockname()[1]
    yield smtp
    server.close()
    await server.wait_closed()
