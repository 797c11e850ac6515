"""Everything about one person in one JSON document (GDPR art. 15 and 20), without what opens the account."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from polar_server.accounts.desk import KeptElsewhere
from polar_server.accounts.leaving import queries
from polar_server.database import Database, Statement

_LISTS: Mapping[str, Statement] = {
    "sessions": queries.SESSIONS,
    "passkeys": queries.PASSKEYS,
    "one_time_codes": queries.ONE_TIME_CODES,
    "recovery_codes": queries.RECOVERY_CODES,
    "mailed_links": queries.MAILED_LINKS,
    "email_changes": queries.EMAIL_CHANGES,
    "organizations": queries.ORGANIZATIONS,
    "invitations_sent": queries.INVITATIONS_SENT,
    "invitations_received": queries.INVITATIONS_RECEIVED,
    "activity": queries.ACTIVITY,
}
_BOOLEANS = frozenset({"operator", "has_password", "is_test", "synced"})
_TIMES = ("_at", "_since")


async def export_account(
    database: Database, user_id: str, now: int, kept_elsewhere: Sequence[KeptElsewhere]
) -> dict[str, Any]:
    """The document's members. Times are as in the API, `2026-03-03T10:12:00Z`; secrets and digests are left out."""
    lists: dict[str, list[dict[str, Any]]] = {}
    async with database.read() as transaction:
        profile = dict(await transaction.one(queries.PROFILE, user_id=user_id))
        for name, statement in _LISTS.items():
            lists[name] = [dict(row) for row in await transaction.all(statement, user_id=user_id)]
        for keep in kept_elsewhere:
            lists |= await keep(transaction, user_id)
    shown = {name: [_shown(item) for item in items] for name, items in lists.items()}
    return {"exported_at": _time(now), "profile": _shown(profile), **shown}


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in item.items()}


def _value(name: str, value: Any) -> Any:
    if name in _BOOLEANS:
        return bool(value)
    return _time(value) if name.endswith(_TIMES) and value is not None else value


def _time(seconds: int) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
