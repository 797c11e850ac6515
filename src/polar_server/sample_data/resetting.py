"""Emptying a test organization and filling it again."""

from polar_server.accounts import guesses
from polar_server.accounts.guesses import Limits
from polar_server.audit import About, Actor, record
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.sample_data import queries
from polar_server.sample_data.filling import fill

BATCH = 25
"""Rows that are removed in one transaction."""
REST = 30
"""Seconds between two resets of one organization: a second click must not undo what the first one builds."""


class NotATestOrganization(Exception):
    """What is sold there is real: it is not removed."""


class ResetRunning(Exception):
    """The organization was reset a moment ago, or is being reset. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def reset(server: AuthorizationServer, organization_id: str, actor: Actor) -> None:
    """Remove all that a test organization sells and has sold, with its customers and files, and fill it again.

    Members, settings, webhook endpoints, access tokens and the audit log stay. Whether the person may do this is for
    the caller to ask. Raises NotATestOrganization or ResetRunning.
    """
    now = int(server.clock())
    async with server.database.read() as tx:
        if not await queries.is_test(tx, organization_id):
            raise NotATestOrganization
    throttled = await guesses.count(server.database, _once(organization_id), now)
    if throttled is not None:
        raise ResetRunning(throttled.retry_after)
    await _empty(server, organization_id, now)
    await fill(server, organization_id, now)
    async with server.database.write() as tx:
        await record(tx, actor, "organization.reset", About(organization_id, id=organization_id), now)


async def _empty(server: AuthorizationServer, organization_id: str, now: int) -> None:
    async with server.database.write() as tx:
        await queries.let_go(tx, organization_id, now)
    for table in queries.TABLES:
        removed = BATCH
        while removed >= BATCH:
            async with server.database.statement() as tx:
                removed = await queries.empty(tx, table, organization_id, BATCH)


def _once(organization_id: str) -> Limits:
    return Limits(f"reset:{organization_id}", 1, f"resets:{organization_id}", 1, REST)
