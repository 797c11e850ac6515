"""`migrate`, `sweep` and `settings`: looking after the server."""

import time

from polar_server import settings as configuration
from polar_server.accounts.sweeping import sweep as accounts_sweep
from polar_server.authorization_server.sweep import sweep as tokens_sweep
from polar_server.cli.opening import open_database, opened
from polar_server.cli.output import Record, Records
from polar_server.database import migrations
from polar_server.resources.files.sweeping import sweep as files_sweep
from polar_server.storage import storage_for
from polar_server.tables import PACKAGES


async def migrate() -> Record:
    """Bring the database's tables up to date."""
    async with open_database(configuration.load()) as database:
        applied = await migrations.apply(database, PACKAGES)
    sentence = f"Applied {len(applied)} migrations." if applied else "The database is up to date."
    return Record(sentence, {"applied": [str(migration) for migration in applied]}, brief=not applied)


async def sweep() -> Record:
    """Remove what expired: codes, tokens, sessions, mailed links, unfinished uploads. Once a day is enough."""
    async with opened() as at:
        removed = await accounts_sweep(at.database, at.now)
        removed |= await tokens_sweep(at.database, at.settings, at.now)
        storage = storage_for(at.settings, at.server_keys, time.time)
        removed |= await files_sweep(at.database, storage, at.now)
        await storage.close()
    return Record(f"Removed {sum(removed.values())} rows.", removed)


def list_settings() -> Records:
    """List every setting, its default and what it means."""
    items = [{"name": name, "default": default, "text": text} for name, default, text in configuration.describe()]
    return Records(items, ("name", "default", "text"))
