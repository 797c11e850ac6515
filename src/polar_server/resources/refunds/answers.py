"""Rows of refunds as the API shows them."""

import json

from polar_server.database import Row
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.refunds.schemas import Refund


def refund_of(row: Row) -> Refund:
    """A refund."""
    return Refund(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        status=row["status"],
        reason=row["reason"],
        amount=row["amount"],
        tax_amount=row["tax_amount"],
        currency=row["currency"],
        organization_id=row["organization_id"],
        order_id=row["order_id"],
        subscription_id=row["subscription_id"],
        customer_id=row["customer_id"],
        revoke_benefits=bool(row["revoke_benefits"]),
        metadata=json.loads(row["metadata"]),
    )
