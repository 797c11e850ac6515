"""What people do to their own account, told to the audit log in the transaction of the act."""

from typing import Any

from polar_server.accounts.visits import Visit
from polar_server.audit import About, record
from polar_server.database import Transaction


async def record_own(transaction: Transaction, visit: Visit, user_id: str, act: str, **detail: Any) -> None:
    """Record an act of a person, from the browser of this visit, on the account that is theirs."""
    await record(transaction, visit.by(user_id), act, About(user_id=user_id, id=user_id), visit.now, **detail)
