"""What a command needs open: settings, server keys, and a database whose tables are up to date."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from polar_server import settings as configuration
from polar_server.cli.output import Refused
from polar_server.database import Database, connect, migrations
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings
from polar_server.tables import PACKAGES


@dataclass(frozen=True, slots=True)
class Opened:
    """What commands hand to the functions they call. `now_ms` is in epoch milliseconds."""

    settings: Settings
    database: Database
    server_keys: ServerKeys
    now_ms: int

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return self.now_ms // 1000


@asynccontextmanager
async def opened() -> AsyncIterator[Opened]:
    """Open everything for the length of one command. Raises Refused behind the schema, and SettingsError."""
    settings = configuration.load()
    async with open_database(settings) as database:
        await require_schema(database)
        yield Opened(settings, database, server_keys(settings), time.time_ns() // 1_000_000)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of the settings, open, its tables as they are."""
    try:
        database = connect(settings.database, 2)
    except ValueError as error:
        raise Refused(f"POLAR_DATABASE_URL cannot be used. {error}") from error
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def require_schema(database: Database) -> None:
    """Bring SQLite up to date. A shared PostgreSQL is changed on purpose only, so there it is refused."""
    if database.engine == "sqlite":
        await migrations.apply(database, PACKAGES)
        return
    pending = await migrations.pending(database, PACKAGES)
    if pending:
        raise Refused(
            f"The database is behind by {len(pending)} migrations. Run `polar-server migrate`, then try again."
        )


def server_keys(settings: Settings) -> ServerKeys:
    """The configured keys; in development one is made in the data folder when none is set."""
    return ServerKeys(settings.server_keys() or [configuration.development_server_key(settings.data_dir)])
