"""When license keys end: days, months and years from a time, in UTC. A month that is too short gives its last day."""

from calendar import monthrange
from datetime import UTC, datetime

from polar_server.resource_server.benefits import LicenseKeyExpiration

DAY = 86_400


def expiry_of(expires: LicenseKeyExpiration | None, since: int) -> int | None:
    """The end of a key that began at `since`, both in epoch seconds; None for a key without end."""
    if expires is None:
        return None
    if expires.timeframe == "day":
        return since + expires.ttl * DAY
    return _months_later(since, expires.ttl * (12 if expires.timeframe == "year" else 1))


def _months_later(since: int, months: int) -> int:
    start = datetime.fromtimestamp(since, UTC)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())
