"""`/admin` and what the server does by itself: health, counts, signing keys, work that waits, the whole audit log."""

import platform

from litestar import get, post
from litestar.response import Stream

from polar_server import __version__
from polar_server.authorization_server import signing_keys
from polar_server.dashboard.activity.asking import asked_of_log
from polar_server.dashboard.admin import queries
from polar_server.dashboard.admin.health import LATE, QUEUES, checks_of, engine_of
from polar_server.dashboard.admin.operation import AREA, GivenOperation
from polar_server.dashboard.admin.timeline import timeline_of
from polar_server.dashboard.lists import PER_PAGE
from polar_server.html import Page
from polar_server.oauth.keys import ALGORITHMS
from polar_server.resource_server.audit_log import export_entries, list_entries
from polar_server.resource_server.audit_queries import of_all

_MOST = 50
"""How many of what waits are shown."""


@get(AREA)
async def show_overview(operation: GivenOperation) -> Page:
    """Whether the server is well, and how much it holds."""
    async with operation.database.read() as tx:
        queues = await queries.list_queues(tx, operation.now)
        counts = await queries.count_all(tx)
    checks = await checks_of(operation, queues)
    versions = {
        "polar-server": __version__,
        "Python": platform.python_version(),
        "Database": engine_of(operation.database),
    }
    return operation.render("overview", checks=checks, counts=counts, versions=versions)


@get(f"{AREA}/work")
async def show_work(operation: GivenOperation) -> Page:
    """What waits for the clock, for the delivery worker, and for the mail server."""
    async with operation.database.read() as tx:
        queues = await queries.list_queues(tx, operation.now)
        sending = await queries.list_sending(tx, _MOST)
        due = await queries.list_due(tx, operation.now, _MOST)
    return operation.render(
        "work",
        queues=[(QUEUES[name], row["waiting"], row["since"]) for name, row in queues.items()],
        sending=sending,
        due=due,
        late=LATE,
        mailer=operation.mailer,
    )


@get(f"{AREA}/keys")
async def show_keys(operation: GivenOperation) -> Page:
    """The signing keys: which sign, which follow, which are only published."""
    server = operation.server
    found = await signing_keys.load_keys(server.database, server.server_keys, operation.now)
    return operation.render("keys", timeline=timeline_of(found, operation.now), settings=server.settings)


@post(f"{AREA}/keys/rotate", status_code=303)
async def submit_rotation(operation: GivenOperation) -> Page:
    """Make the next keys. They sign once every cache has them, or at once after a theft."""
    form = await operation.read_act("keys")
    settings, at_once = operation.server.settings, form.get("when") == "now"
    algorithm = form.get("algorithm", "")
    await signing_keys.rotate_keys(
        operation.database,
        operation.server.server_keys,
        (algorithm,) if algorithm in ALGORITHMS else ALGORITHMS,
        publish_ahead=0 if at_once else settings.key_publish_ahead,
        retirement=0 if at_once else settings.key_retirement,
        now=operation.now,
        actor=operation.actor,
    )
    return operation.go("keys", done="replaced" if at_once else "rotated")


@get(f"{AREA}/activity")
async def show_all_activity(operation: GivenOperation) -> Page:
    """The whole audit log."""
    log = asked_of_log(operation.request)
    listed = await list_entries(operation.database, of_all(), log.wanted, PER_PAGE, log.asked.offset)
    return operation.render("activity", log=log, listed=log.asked.of(*listed), people={})


@get(f"{AREA}/activity/export")
async def download_all_activity(operation: GivenOperation) -> Stream:
    """The same as a file for a spreadsheet."""
    return export_entries(operation.database, of_all(), asked_of_log(operation.request).wanted)


routes = [
    show_overview,
    show_work,
    show_keys,
    submit_rotation,
    show_all_activity,
    download_all_activity,
]
