"""Files of a grant, fetched by their customer: a signed address, which ends with the grant."""

import json
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.database import Database, Row
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound
from polar_server.resources.benefit_grants import queries
from polar_server.resources.files import queries as files
from polar_server.resources.files.names import DOWNLOAD_TYPE, attachment
from polar_server.resources.files.storing import GivenStorage
from polar_server.storage import Download
from polar_server.storage.objects import URL_LIFETIME
from polar_server.storage.signed_urls import Permission, Signer


def download_url(server: AuthorizationServer, grant_id: str, file_id: str) -> str:
    """An address that gives the file for an hour from now, as long as the grant is live and has it."""
    permission = Permission("GET", f"{grant_id}/{file_id}", int(server.clock()) + URL_LIFETIME)
    return (
        f"{server.issuer}/v1/benefit-grants/{grant_id}/files/{file_id}?{Signer(server.server_keys).query(permission)}"
    )


@get("/v1/benefit-grants/{grant_id:str}/files/{file_id:str}", scopes=[], status_code=307)
async def fetch_file(
    request: Request[Any, Any, Any],
    grant_id: FromPath[str],
    file_id: FromPath[str],
    server: GivenServer,
    storage: GivenStorage,
) -> Response[None]:
    """Lead to a file that a customer has by a grant, from the address on a page of a purchase."""
    query = {name: str(value) for name, value in request.query_params.items()}
    now = int(server.clock())
    if Signer(server.server_keys).read("GET", f"{grant_id}/{file_id}", query, now) is None:
        raise NotPermitted("The address is not one that this server signed, or its time is over.")
    row = await _file_of_grant(server.database, grant_id, file_id)
    url = storage.download_url(file_id, Download(attachment(row["name"]), DOWNLOAD_TYPE), now)
    return Response(None, status_code=307, headers={"Location": url, "Cache-Control": "private, no-store"})


async def _file_of_grant(database: Database, grant_id: str, file_id: str) -> Row:
    async with database.read() as tx:
        grant = await queries.find_live_grant(tx, grant_id)
        if grant is None or file_id not in json.loads(grant["properties"]).get("files", []):
            raise ResourceNotFound
        reach = json.dumps([grant["organization_id"]])
        found = await files.list_downloadables(tx, [file_id], reach)
    if file_id not in found:
        raise ResourceNotFound
    return found[file_id]
