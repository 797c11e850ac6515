"""Mail to people: queued, and sent without keeping a page waiting."""

from polar_server.mail.mailer import Mailer, mailer_for, send_at_once
from polar_server.mail.message import Message
from polar_server.mail.transports import FolderMailer, SmtpMailer

__all__ = ["FolderMailer", "Mailer", "Message", "SmtpMailer", "mailer_for", "send_at_once"]
