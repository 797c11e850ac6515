"""A checkout by the secret in its address."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.checkouts import queries
from polar_server.resources.checkouts.client_secrets import id_in, opens


async def find_open_to(server: AuthorizationServer, secret: str) -> Row:
    """The checkout that a secret opens. Raises ResourceNotFound for every other text alike."""
    secret_id = id_in(secret)
    if secret_id is None:
        raise ResourceNotFound
    async with server.database.read() as tx:
        row = await queries.find_by_secret(tx, secret_id)
    if row is None or not opens(secret, row, server.server_keys):
        raise ResourceNotFound
    return row
