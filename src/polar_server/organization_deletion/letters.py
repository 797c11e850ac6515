"""The mail that tells owners that their organization is gone."""

from polar_server.html import Pages
from polar_server.mail import Message
from polar_server.organization_deletion.deletion import DeletedOrganization


def letters_about(deleted: DeletedOrganization, pages: Pages, now: int, but: str | None = None) -> list[Message]:
    """A mail for each owner; `but` is the id of the one who did it and knows."""
    return [
        Message.from_text(
            owner.email,
            pages.text(
                "accounts/mail/organization_deleted.txt",
                name=owner.name,
                organization=deleted.name,
                slug=deleted.slug,
                by=deleted.by,
                at=now,
            ),
        )
        for owner in deleted.owners
        if owner.user_id != but
    ]
