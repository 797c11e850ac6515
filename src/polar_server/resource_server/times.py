"""Times of the API: RFC 3339 with an offset."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from polar_server.resource_server.errors import Issue, RequestValidationError


# What is shown together was often made together.
@lru_cache(maxsize=1024)
def moment(seconds: int) -> datetime:
    """Epoch seconds as a time in UTC, which the encoder writes with `Z`."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def seconds_or_none(given: datetime | None) -> int | None:
    """Epoch seconds of a time that was asked for; one without an offset is UTC."""
    if given is None:
        return None
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())


def zone_of(name: str) -> ZoneInfo:
    """The time zone of the query's `timezone`, by its IANA name. Raises RequestValidationError."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise RequestValidationError(
            [Issue(("query", "timezone"), "There is no such time zone.", input=name)]
        ) from error
