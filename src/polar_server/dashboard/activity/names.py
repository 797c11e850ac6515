"""What the things of an organization's entries are called: the log keeps the names of some, and the ids of all."""

from collections.abc import Iterable

from polar_server.dashboard.activity.queries import find_names
from polar_server.dashboard.activity.words import NAMED_FACTS
from polar_server.database import Database
from polar_server.html.words import host
from polar_server.oauth.tokens import TokenKind
from polar_server.resource_server.audit_log import Entry

_TOKEN = TokenKind.ORGANIZATION_TOKEN


async def names_of(database: Database, organization_id: str, entries: Iterable[Entry]) -> dict[str, str]:
    """Names by the ids that the entries hold. Only what is the organization's own is looked for."""
    asked = {each for entry in entries for each in _ids_of(entry)}
    async with database.read() as tx:
        found = await find_names(tx, organization_id, {each.removeprefix(_TOKEN) for each in asked})
    # Of a URL no more than its host: the rest can be a secret of the receiver.
    named = {each: name or host(url) for each, (name, url) in found.items() if name or url}
    return {each: named[bare] for each in asked if (bare := each.removeprefix(_TOKEN)) in named}


def _ids_of(entry: Entry) -> Iterable[str]:
    if entry.target_id and not entry.target_name:
        yield entry.target_id
    for name in NAMED_FACTS:
        if isinstance(each := entry.detail.get(name), str):
            yield each
