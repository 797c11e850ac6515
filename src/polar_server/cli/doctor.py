"""`doctor`: looks at everything the server needs, and says what to fix."""

import os
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from aiosmtplib import SMTPException

from polar_server import settings as configuration
from polar_server.authorization_server import signing_keys
from polar_server.cli import queries
from polar_server.cli.opening import open_database, server_keys
from polar_server.cli.output import Records, Refused
from polar_server.database import Database, DatabaseError, migrations
from polar_server.mail.transports import SmtpMailer
from polar_server.oauth.keys import ALGORITHMS
from polar_server.oauth.server_keys import SealBroken
from polar_server.settings import Settings, SettingsError
from polar_server.storage import Part, StorageFailed, read_location
from polar_server.storage.s3 import S3Storage
from polar_server.tables import PACKAGES

CLOCK_TOLERANCE = 5
"""Seconds by which this machine and the database may differ: codes live ten minutes, grace lasts thirty seconds."""
KEY_AGE_LIMIT = 180 * 86_400
"""Seconds after which a signing key should be replaced."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` says what to do, and is empty when all is well."""

    check: str
    detail: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


async def doctor() -> Records:
    """Check settings, database, clock, keys, mail and files, and say what to fix."""
    findings = [finding async for finding in _examine()]
    items = [asdict(finding) | {"ok": finding.ok} for finding in findings]
    failed = not all(finding.ok for finding in findings)
    return Records(items, ("check", "ok", "detail", "remedy"), exit_code=int(failed))


async def _examine() -> AsyncIterator[Finding]:
    try:
        settings = configuration.load()
    except SettingsError as error:
        yield Finding("settings", str(error), "Correct this setting; nothing else was checked.")
        return
    yield Finding("settings", f"{settings.environment}, issuer {settings.issuer}")
    yield _server_key(settings)
    yield await _mail(settings)
    yield await _files(settings)
    try:
        async with open_database(settings) as database:
            async for finding in _examine_database(settings, database):
                yield finding
    except (DatabaseError, Refused) as error:
        yield Finding("database", str(error), "Check POLAR_DATABASE_URL, and that the database runs.")


def _server_key(settings: Settings) -> Finding:
    """Production's keys were judged when the settings were read; a development key is a file."""
    path = settings.data_dir / "server.key"
    if settings.server_key:
        return Finding("server key", f"{len(settings.server_keys())} configured, 32 random bytes or more each")
    if not path.exists():
        return Finding("server key", f"none yet; {path} is made on the first start, for development")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("server key", f"{path} can be read by others (mode {mode:o})", f"chmod 600 {path}")
    return Finding("server key", f"{path}, for development")


async def _files(settings: Settings) -> Finding:
    if settings.storage_url:
        return await _bucket(settings)
    folder = settings.data_dir / "files"
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("files", f"{nearest} cannot be written", f"Make {folder} writable for the server.")
    return Finding("files", f"kept in {folder}")


async def _bucket(settings: Settings) -> Finding:
    """Begin an upload and give it up: what a bucket must allow for anything else to work."""
    place = settings.storage_url.partition("?")[0]
    try:
        bucket = S3Storage(read_location(settings), time.time)
        try:
            await bucket.remove("doctor", await bucket.begin("doctor", [Part(1, 1, None)]))
        finally:
            await bucket.close()
    except (SettingsError, StorageFailed) as error:
        return Finding("files", str(error), "Check POLAR_STORAGE_URL, its keys, and what they may do in the bucket.")
    return Finding("files", f"kept in {place}")


async def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        remedy = "Set POLAR_SMTP_URL, or nobody can confirm an address." if settings.is_production else ""
        return Finding("mail", f"files in {settings.data_dir / 'mail'}", remedy)
    try:
        await SmtpMailer(settings.smtp_url, timeout=5).reach()
    except (OSError, SMTPException, ValueError) as error:
        return Finding("mail", f"the server cannot be used: {error}", "Check POLAR_SMTP_URL.")
    return Finding("mail", "the server answers")


async def _examine_database(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    async with database.read() as transaction:
        (database_time,) = await transaction.one(queries.DATABASE_TIME)
    yield Finding("database", f"{database.engine} answers")
    yield _clock(database_time - int(time.time()))
    try:
        pending = await migrations.pending(database, PACKAGES)
    except migrations.MigrationError as error:
        yield Finding("migrations", str(error), "Run the release that this database belongs to.")
        return
    if pending:
        yield Finding("migrations", f"{len(pending)} are missing", "Run `polar-server migrate`.")
        return
    yield Finding("migrations", "up to date")
    for algorithm in ALGORITHMS:
        yield await _signing_key(settings, database, algorithm)


def _clock(difference: int) -> Finding:
    if abs(difference) > CLOCK_TOLERANCE:
        remedy = "Synchronize the clocks of this machine and of the database (NTP)."
        return Finding("clock", f"the database's clock differs by {difference} s", remedy)
    return Finding("clock", "agrees with the database's")


async def _signing_key(settings: Settings, database: Database, algorithm: str) -> Finding:
    check, now = f"{algorithm} key", int(time.time())
    if not settings.server_key and not (settings.data_dir / "server.key").exists():
        return Finding(check, "none yet; the first start makes one")
    try:
        found = await signing_keys.load_keys(database, server_keys(settings), now)
    except SealBroken as error:
        return Finding(check, f"cannot be opened: {error}", "Add the server key it was made under to POLAR_SERVER_KEY.")
    since = signing_keys.signs_since(found, algorithm, now)
    if since is None:
        return Finding(check, "none yet; the first start makes one")
    days = (now - since) // 86_400
    remedy = "Run `polar-server keys rotate`." if now - since > KEY_AGE_LIMIT else ""
    return Finding(check, f"signs since {days} days", remedy)
