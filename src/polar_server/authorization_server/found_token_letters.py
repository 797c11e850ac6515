"""The mail that tells the holders of a token that it was found, and what was ended."""

from polar_server.accounts.desk import Desk
from polar_server.authorization_server import found_token_queries
from polar_server.authorization_server.found_token_queries import Holder
from polar_server.authorization_server.found_token_words import WORDS
from polar_server.authorization_server.found_tokens import Found
from polar_server.database import Transaction
from polar_server.mail import Message
from polar_server.oauth.tokens import TokenKind


async def list_holders(tx: Transaction, found: Found) -> list[Holder]:
    """Whose it is; of an organization's own token, also its owners and admins."""
    shared = found.organization_id if found.kind is TokenKind.ORGANIZATION_TOKEN else None
    return await found_token_queries.list_holders(tx, found.user_id, shared)


def tell_holders(desk: Desk, holders: list[Holder], found: Found, place: str | None, now: int) -> None:
    """Tell each of them what was found and where, and what to do next. `place` is the address that was reported."""
    for holder in holders:
        letter = desk.pages.text(
            "authorization_server/mail/token_found.txt",
            name=holder.name,
            words=WORDS[found.kind],
            shown=f"{found.kind}{found.id}",
            app=found.name,
            organization=found.organization_name,
            place=place,
            at=now,
            link=f"{desk.settings.issuer}/account",
        )
        desk.mailer.post(Message.from_text(holder.email, letter))
