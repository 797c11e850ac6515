"""SQL of what ends with an organization. Every statement names the one that it may touch."""

from polar_server.database import Row, Statement, Transaction

# Deleting is a change that waits for others of the same organization, and that they wait for. Those who only refer to
# its row, such as a checkout that is being paid, do not wait, or each could be waiting for the other.
_MARK = Statement("""
    UPDATE organizations SET deleted_at = :now, modified_at = :now WHERE id = :organization_id AND deleted_at IS NULL
    RETURNING id, slug, name, is_test
""")
_LIST_OWNERS = Statement("""
    SELECT u.id, u.email, u.name FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = :organization_id AND m.role = 'owner' AND u.disabled_at IS NULL ORDER BY u.email, u.id
""")
_FIND_EMAIL = Statement("SELECT u.email FROM users u WHERE u.id = :user_id")
_COUNT_RENEWING = Statement("""
    SELECT count(*) AS renewing FROM subscriptions s JOIN organizations o ON o.id = s.organization_id
    WHERE s.organization_id = :organization_id AND o.is_test = FALSE
        AND s.ended_at IS NULL AND s.cancel_at_period_end = FALSE
""")

_CLOSE_CHECKOUTS = Statement("""
    UPDATE checkouts SET status = 'expired', step = NULL, modified_at = :now
    WHERE organization_id = :organization_id AND status IN ('open', 'confirmed')
""")
_END_SUBSCRIPTIONS = Statement("""
    UPDATE subscriptions SET status = 'canceled', ended_at = :now, ends_at = :now,
        canceled_at = COALESCE(canceled_at, :now), pause_at_period_end = FALSE, resumes_at = NULL,
        pending_id = NULL, pending_product_id = NULL, pending_price_id = NULL, pending_created_at = NULL,
        due_at = NULL, modified_at = :now
    WHERE organization_id = :organization_id AND ended_at IS NULL
""")
# Of those that had ended the clock would still take benefits back.
_STOP_CLOCK = Statement("""
    UPDATE subscriptions SET due_at = NULL WHERE organization_id = :organization_id AND due_at IS NOT NULL
""")
_DROP_REVIEWS = Statement("DELETE FROM grant_reviews WHERE organization_id = :organization_id")
_ARCHIVE_PRODUCTS = Statement("""
    UPDATE products SET is_archived = TRUE, modified_at = :now
    WHERE organization_id = :organization_id AND is_archived = FALSE
""")
# Also those that are still being uploaded. Their bytes go with the sweeper.
_HIDE_FILES = Statement("""
    UPDATE files SET deleted_at = :now WHERE organization_id = :organization_id AND deleted_at IS NULL
""")
_DISABLE_ENDPOINTS = Statement("""
    UPDATE webhook_endpoints
    SET enabled = FALSE, next_due_at = NULL, lease = NULL, leased_until = NULL, modified_at = :now
    WHERE organization_id = :organization_id AND enabled = TRUE
""")
_SKIP_EVENTS = Statement("""
    UPDATE webhook_events SET status = 'skipped', modified_at = :now
    WHERE organization_id = :organization_id AND status = 'pending'
""")
# What somebody allowed who has left is dead already; by the members the others are found without reading all grants.
_OF_MEMBERS = """
    organization_id = :organization_id
    AND user_id IN (SELECT m.user_id FROM memberships m WHERE m.organization_id = :organization_id)
"""
_REVOKE_GRANTS = Statement(f"""
    UPDATE grants SET revoked_at = :now, revocation_reason = 'the organization was deleted'
    WHERE {_OF_MEMBERS} AND revoked_at IS NULL
""")
_FORGET_CONSENTS = Statement(f"DELETE FROM consents WHERE {_OF_MEMBERS}")
_REVOKE_TOKENS = Statement("""
    UPDATE organization_tokens SET revoked_at = :now, revocation_reason = 'the organization was deleted'
    WHERE organization_id = :organization_id AND revoked_at IS NULL
""")
_REVOKE_INVITATIONS = Statement("""
    UPDATE invitations SET revoked_at = :now
    WHERE organization_id = :organization_id AND accepted_at IS NULL AND revoked_at IS NULL
""")
_END_MEMBERSHIPS = Statement("DELETE FROM memberships WHERE organization_id = :organization_id")


async def mark_deleted(tx: Transaction, organization_id: str, now: int) -> Row | None:
    """Mark the organization as deleted and hold it; None when it was deleted before."""
    return await tx.first(_MARK, organization_id=organization_id, now=now)


async def list_owners(tx: Transaction, organization_id: str) -> list[Row]:
    """Its owners who can sign in."""
    return await tx.all(_LIST_OWNERS, organization_id=organization_id)


async def find_email(tx: Transaction, user_id: str) -> str | None:
    """The address of a person."""
    row = await tx.first(_FIND_EMAIL, user_id=user_id)
    return None if row is None else str(row["email"])


async def close_checkouts(tx: Transaction, organization_id: str, now: int) -> int:
    """End the checkouts that wait, after whoever is paying at this moment; how many."""
    return await tx.run(_CLOSE_CHECKOUTS, organization_id=organization_id, now=now)


async def count_renewing(tx: Transaction, organization_id: str) -> int:
    """How many subscriptions would be renewed; none of a test organization."""
    return int((await tx.one(_COUNT_RENEWING, organization_id=organization_id))["renewing"])


async def end_subscriptions(tx: Transaction, organization_id: str, now: int) -> int:
    """End those that are left and stop the clock for all; how many ended."""
    ended = await tx.run(_END_SUBSCRIPTIONS, organization_id=organization_id, now=now)
    await tx.run(_STOP_CLOCK, organization_id=organization_id)
    await tx.run(_DROP_REVIEWS, organization_id=organization_id)
    return ended


async def archive_products(tx: Transaction, organization_id: str, now: int) -> int:
    """Sell nothing any more; how many products were for sale."""
    return await tx.run(_ARCHIVE_PRODUCTS, organization_id=organization_id, now=now)


async def hide_files(tx: Transaction, organization_id: str, now: int) -> int:
    """Delete every file for everybody; how many."""
    return await tx.run(_HIDE_FILES, organization_id=organization_id, now=now)


async def disable_endpoints(tx: Transaction, organization_id: str, now: int) -> int:
    """Send no event any more; how many endpoints were enabled."""
    disabled = await tx.run(_DISABLE_ENDPOINTS, organization_id=organization_id, now=now)
    await tx.run(_SKIP_EVENTS, organization_id=organization_id, now=now)
    return disabled


async def revoke_grants(tx: Transaction, organization_id: str, now: int) -> int:
    """End what people allowed apps to do for it, with every code and token of that; how many grants."""
    revoked = await tx.run(_REVOKE_GRANTS, organization_id=organization_id, now=now)
    await tx.run(_FORGET_CONSENTS, organization_id=organization_id)
    return revoked


async def revoke_tokens(tx: Transaction, organization_id: str, now: int) -> int:
    """End its own access tokens; how many."""
    return await tx.run(_REVOKE_TOKENS, organization_id=organization_id, now=now)


async def revoke_invitations(tx: Transaction, organization_id: str, now: int) -> int:
    """Take back what was not accepted; how many."""
    return await tx.run(_REVOKE_INVITATIONS, organization_id=organization_id, now=now)


async def end_memberships(tx: Transaction, organization_id: str, _: int) -> int:
    """Let everybody go; how many."""
    return await tx.run(_END_MEMBERSHIPS, organization_id=organization_id)
