"""The mail that the server sent, read from its development folder."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

PATIENCE = 10


class Outbox:
    """Mails by address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wait_for(self, address: str, link: str) -> str:
        """All mails to an address as one text, once one of them leads to the path `link`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = self._to(address)
            if f"{link}?token=" in text:
                return text
            time.sleep(0.02)
        raise AssertionError(f"no mail to {address} leads to {link}")

    def token(self, address: str, link: str) -> str:
        """The token of the last link to a path that was mailed to an address."""
        tokens: list[str] = re.findall(rf"{link}\?token=(\w+)", self.wait_for(address, link))
        return tokens[-1]

    def _to(self, address: str) -> str:
        mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in self._files()]
        return "\n".join(f"{mail['Subject']}\n{mail.get_content()}" for mail in mails if mail["To"] == address)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[!.]*.eml"))
