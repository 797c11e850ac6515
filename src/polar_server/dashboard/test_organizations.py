"""`/dashboard/organizations/test`: a test organization with sample data, in one click."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import count

import structlog
from litestar import post

from polar_server import sample_data
from polar_server.accounts import fields, guesses, organizations
from polar_server.accounts.desk import GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.guesses import Limits
from polar_server.accounts.organizations import NewOrganization, Organization, SlugTaken
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.html import Page, PageRequest, Pages, redirect
from polar_server.html.pages import GivenPages
from polar_server.html.words import duration

log = structlog.get_logger("polar_server.dashboard")

MOST, WINDOW = 10, 3600
"""How many test organizations a person makes in so many seconds: each is a second's work for the database."""


@post("/dashboard/organizations/test", status_code=303)
async def submit_test_organization(
    request: PageRequest, session: GivenSession, server: GivenServer, pages: GivenPages, visit: GivenVisit
) -> Page:
    """Create a test organization, owned by the person, and fill it. Its short name follows from its name."""
    session = require_session(request, session)
    form = await pages.read_form(request, session)
    values, errors = fields.check(form, test_name=fields.name)
    if errors:
        return await _refused(request, session, server, pages, form, errors)
    throttled = await guesses.count(server.database, _limits(session.user.id), visit.now)
    if throttled is not None:
        sentence = f"These are many test organizations in an hour. Try again in {duration(throttled.retry_after)}."
        return await _refused(request, session, server, pages, form, {"test_name": sentence}, status=429)
    made = await _create(server, values["test_name"], session.user.id, visit)
    await sample_data.fill(server, made.id, visit.now)
    log.info("test_organization_created", organization_id=made.id, user_id=session.user.id)
    return redirect(f"/dashboard/{made.slug}?done=created")


async def _create(server: AuthorizationServer, name: str, user_id: str, visit: Visit) -> Organization:
    for slug in slugs(name):
        new = NewOrganization(slug, name, is_test=True)
        try:
            async with server.database.write() as tx:
                return await organizations.create_organization(tx, new, user_id, visit.now, visit.by(user_id))
        except SlugTaken:
            continue
    raise AssertionError("there is always another number")


def slugs(name: str) -> Iterator[str]:
    """Short names for an organization: its name in small letters, then with numbers."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:48].strip("-")
    if not fields.is_slug(text) or text in fields.RESERVED_SLUGS:
        text = f"{text}-shop".strip("-")
    yield text
    yield from (f"{text}-{number}" for number in count(2))


def _limits(user_id: str) -> Limits:
    return Limits(f"test-organizations:{user_id}", MOST, f"test-organizations-of:{user_id}", MOST, WINDOW)


async def _refused(
    request: PageRequest,
    session: Session,
    server: AuthorizationServer,
    pages: Pages,
    form: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 422,
) -> Page:
    return pages.render(
        request,
        "accounts/organizations.html",
        status,
        session=session,
        organizations=await organizations.list_memberships(server.database, session.user.id),
        form=form,
        errors=errors,
    )


routes = [submit_test_organization]
