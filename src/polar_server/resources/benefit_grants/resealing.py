"""License keys follow the newest server key, so that an older one can be taken away."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth.server_keys import SealBroken
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants.license_keys import open_key, seal_key

BATCH = 100


async def reseal_license_keys(server: AuthorizationServer, _: int) -> int:
    """Keep a few keys under the newest server key that are kept under an older one; how many were."""
    server_keys = server.server_keys
    older = server_keys.key_ids[1:]
    if not older:
        return 0
    async with server.database.read() as tx:
        rows = await queries.list_outdated(tx, older, BATCH)
    done = 0
    for row in rows:
        try:
            text = open_key(server_keys, row)
        except SealBroken:
            continue
        new = {"new": seal_key(server_keys, row["id"], text), "digest": server_keys.digest(text)}
        async with server.database.statement() as tx:
            done += await queries.reseal(tx, row, **new, key_id=server_keys.key_id)
    return done
