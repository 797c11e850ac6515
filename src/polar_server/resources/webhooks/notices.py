"""The mail that says an endpoint was disabled, to those who can do something about it."""

from collections.abc import Awaitable, Callable
from typing import Any

from polar_server.accounts.organizations import list_members
from polar_server.accounts.roles import may_manage
from polar_server.database import Database
from polar_server.mail import Message

_TEMPLATE = "webhooks/mail/endpoint_disabled.txt"


def teller(
    database: Database, text: Callable[..., str], post: Callable[[Message], Any]
) -> Callable[[str, str], Awaitable[None]]:
    """A function that mails owners and admins of an organization about its endpoint with this URL.

    `text` renders a template, `post` queues a mail.
    """

    async def tell(organization_id: str, url: str) -> None:
        for member in await list_members(database, organization_id):
            if may_manage(member.role) and member.disabled_at is None:
                post(Message.from_text(member.email, text(_TEMPLATE, name=member.name, url=url)))

    return tell
