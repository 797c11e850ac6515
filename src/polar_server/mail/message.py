"""A message, checked when it is made, and its bytes on the wire (RFC 5322)."""

import email.policy
import email.utils
import re
import secrets
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Self

SUBJECT_LENGTH = 200
# Lines stay whole, so that a link can be copied out of the raw message too (RFC 5322 §2.1.1 allows 998).
_POLICY = email.policy.SMTP.clone(max_line_length=900)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Message:
    """A plain-text mail to one person. Raises ValueError for an address or subject that could add a header."""

    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        if _CONTROL.search(self.to + self.subject) or len(self.subject) > SUBJECT_LENGTH:
            raise ValueError("the address or subject of a mail holds a control character or is too long")
        _recipient(self.to)

    @classmethod
    def from_text(cls, to: str, text: str) -> Self:
        """The message of a rendered text template, whose first line is `Subject: ...`."""
        first, _, body = text.lstrip().partition("\n")
        if not first.startswith("Subject: "):
            raise ValueError("the first line of a mail template is its subject")
        return cls(to, first.removeprefix("Subject: ").strip(), body.strip() + "\n")


def new_message_id(sender: str) -> str:
    """An id in the sender's domain; the log names a message by it."""
    domain = email.utils.parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{secrets.token_hex(12)}@{domain}>"


def compose(message: Message, sender: str, message_id: str, now: int) -> EmailMessage:
    """The message with its headers. `now` in epoch seconds."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = _recipient(message.to)
    mail["Subject"] = message.subject
    mail["Date"] = email.utils.formatdate(now)
    mail["Message-ID"] = message_id
    # Nobody's holiday notice should answer us (RFC 3834 §5).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _recipient(address: str) -> Address:
    """One address, never a list. A domain in another script becomes its ASCII form."""
    local, _, domain = address.rpartition("@")
    if not local or not domain or re.search(r"[\s,;<>\"]", address):
        raise ValueError("not one mail address")
    return Address(username=local, domain=domain.encode("idna").decode())
