"""Messages: one recipient, no header that was not meant, and links that stay whole."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mail.conftest import MESSAGE, SENDER

from polar_server.mail.message import Message, compose, new_message_id

NOW = 1_767_225_600


def parsed(message: Message) -> EmailMessage:
    raw = compose(message, SENDER, "<1@id.example.com>", NOW).as_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_message_has_the_headers_of_a_machine() -> None:
    """Sender, recipient, subject, date, id, and a mark that no holiday notice answers."""
    mail = parsed(Message("ada@example.com", "Hello", MESSAGE))
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "ada@example.com", "Hello")
    assert mail["Date"] == "Thu, 01 Jan 2026 00:00:00 -0000"
    assert mail["Message-ID"] == "<1@id.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content() == MESSAGE.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "A <a@example.com>",
        '"a b"@example.com',
        "a@example.com\x00",
        "a@exa mple.com",
        "a@",
        "@example.com",
        "a",
        "",
        "a@" + "x" * 64 + ".com",
    ],
)
def test_anything_but_one_address_is_refused(address: str) -> None:
    """A recipient can neither add a header nor a second recipient."""
    with pytest.raises(ValueError, match=r"."):
        Message(address, "Hello", "text")


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: b@example.com", "Hello\nX: y", "a\u2028b", "a\x00b", "x" * 201])
def test_a_subject_cannot_add_a_header(subject: str) -> None:
    """Control characters and endless subjects are refused."""
    with pytest.raises(ValueError, match="control character"):
        Message("a@example.com", subject, "text")


@given(st.text(max_size=100), st.text(max_size=100), st.text(max_size=300))
def test_no_text_ever_becomes_a_header(local: str, subject: str, text: str) -> None:
    """Whatever is accepted has exactly the headers we set, once each."""
    try:
        message = Message(f"{local}@example.com", subject, text)
        raw = compose(message, SENDER, "<1@x>", NOW).as_bytes()
    except ValueError:
        return
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    allowed = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    names = [name for name in mail.keys() if name not in ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")]  # noqa: SIM118
    assert names == allowed


def test_a_link_stays_whole_in_the_raw_message() -> None:
    """Long links are neither folded nor encoded, also beside letters of other scripts."""
    link = "https://id.example.com/verify-email?token=" + "x" * 300
    for text in (f"{link}\n", f"Grüße\n{link}\n"):
        raw = compose(Message("a@example.com", "Grüße", text), SENDER, "<1@x>", NOW).as_bytes()
        assert link.encode() in raw


def test_addresses_in_other_scripts_reach_their_domain() -> None:
    """A domain with an umlaut is written as the DNS has it."""
    assert parsed(Message("a@bücher.example", "Hello", "text"))["To"] == "a@xn--bcher-kva.example"


def test_a_template_gives_subject_and_text() -> None:
    """The first line of a rendered template is the subject, the rest the text."""
    message = Message.from_text("a@example.com", "\n\nSubject: Hello there\n\nText\n\n\n")
    assert (message.subject, message.text) == ("Hello there", "Text\n")


def test_a_template_without_a_subject_is_refused() -> None:
    """A mail without a subject is never sent by accident."""
    with pytest.raises(ValueError, match="subject"):
        Message.from_text("a@example.com", "Text")


def test_message_ids_are_ours_and_unique() -> None:
    """An id lies in the sender's domain, and no two are alike."""
    first, second = new_message_id(SENDER), new_message_id(SENDER)
    assert first != second
    assert first.endswith("@id.example.com>")
