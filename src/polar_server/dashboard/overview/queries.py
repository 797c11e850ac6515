"""SQL of the overview: how far an organization has come."""

from polar_server.database import Row, Statement, Transaction

_FIND_BEGINNINGS = Statement("""
    SELECT
        EXISTS (SELECT 1 FROM products WHERE organization_id = :organization_id) AS product,
        EXISTS (SELECT 1 FROM checkouts WHERE organization_id = :organization_id) AS checkout,
        EXISTS (
            SELECT 1 FROM organization_tokens WHERE organization_id = :organization_id AND revoked_at IS NULL
        ) AS token,
        EXISTS (SELECT 1 FROM webhook_endpoints WHERE organization_id = :organization_id) AS webhook
""")


async def find_beginnings(tx: Transaction, organization_id: str) -> Row:
    """Whether the organization has a product, a checkout, an access token and a webhook."""
    return await tx.one(_FIND_BEGINNINGS, organization_id=organization_id)
