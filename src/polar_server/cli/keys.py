"""`keys`: the keys that sign ID tokens, and new server keys."""

from typing import Any, Literal

from cyclopts import App

from polar_server.authorization_server import signing_keys
from polar_server.cli.opening import opened
from polar_server.cli.output import Records, Text, timestamp
from polar_server.oauth.keys import ALGORITHMS, SigningKey
from polar_server.settings import new_server_key

app = App(name="keys", help="The keys that sign ID tokens, and new server keys.")

COLUMNS = ("kid", "algorithm", "state", "active_from", "retired_at", "removed_at")


@app.command(name="list")
async def list_keys() -> Records:
    """List the signing keys: pending, active and retired ones."""
    async with opened() as at:
        await signing_keys.ensure_keys(at.database, at.server_keys, at.now)
        found = await signing_keys.load_keys(at.database, at.server_keys, at.now)
    return Records([_values(key, at.now) for key in found], COLUMNS)


@app.command
async def rotate(*, algorithm: Literal["RS256", "ES256"] | None = None) -> Records:
    """Publish the next signing keys. They sign once every cache has them; the present ones then retire.

    POLAR_KEY_PUBLISH_AHEAD and POLAR_KEY_RETIREMENT say when. After a theft set both to 0 for this command.

    Parameters
    ----------
    algorithm
        Rotate the key of this algorithm only.
    """
    async with opened() as at:
        await signing_keys.ensure_keys(at.database, at.server_keys, at.now)
        made = await signing_keys.rotate_keys(
            at.database,
            at.server_keys,
            ALGORITHMS if algorithm is None else (algorithm,),
            publish_ahead=at.settings.key_publish_ahead,
            retirement=at.settings.key_retirement,
            now=at.now,
        )
    return Records([_values(key, at.now) for key in made], COLUMNS)


@app.command(name="new-server-key")
def print_new_server_key() -> Text:
    """Print a new value for POLAR_SERVER_KEY. Nothing is stored."""
    return Text("server_key", new_server_key())


def _values(key: SigningKey, now: int) -> dict[str, Any]:
    times = ("created_at", "active_from", "retired_at", "removed_at")
    described: dict[str, Any] = signing_keys.describe(key, now)
    return described | {name: timestamp(described[name]) for name in times}
