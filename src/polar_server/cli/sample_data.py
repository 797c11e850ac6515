"""`organization reset`: a test organization with sample data, as it was at the beginning."""

from polar_server import sample_data
from polar_server.audit import OPERATOR
from polar_server.cli.opening import opened
from polar_server.cli.organization_tokens import organization_called
from polar_server.cli.output import Record, Refused
from polar_server.demo import Place, server_of
from polar_server.sample_data import NotATestOrganization, ResetRunning


async def reset(slug: str, /) -> Record:
    """Remove everything that a test organization sells and has sold, and fill it with sample data.

    Members, settings, webhook endpoints and access tokens stay. A real organization is never touched.

    Parameters
    ----------
    slug
        The organization's slug.
    """
    async with opened() as at:
        organization = await organization_called(at, slug)
        server = server_of(Place(at.settings, at.database, at.server_keys, at.now_ms))
        try:
            await sample_data.reset(server, organization.id, OPERATOR)
        except NotATestOrganization as error:
            raise Refused(f"Nothing was removed. {slug} is no test organization: what is in it is real.") from error
        except ResetRunning as error:
            raise Refused(f"{slug} was reset a moment ago. Try again in {error.retry_after} seconds.") from error
    return Record(f"{organization.name} has its sample data.", {"organization_id": organization.id})
