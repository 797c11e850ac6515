"""SQL of the operation: lists over everybody, and what waits. Every statement here sees all organizations."""

from collections.abc import Mapping
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import contains
from polar_server.resource_server.listing_queries import Listing

_HERE = "u.deleted_at IS NULL"
_PEOPLE = f"""
    {_HERE} AND ({contains("u.email", "query")} OR {contains("u.name", "query")})
    AND (CAST(:state AS TEXT) IS NULL OR (:state = 'disabled' AND u.disabled_at IS NOT NULL)
        OR (:state = 'operators' AND u.operator = TRUE))
"""
_PERSON = "u.id, u.email, u.name, u.picture, u.email_verified_at, u.disabled_at, u.operator, u.created_at"
PEOPLE = Listing(_PERSON, "users u", (_PEOPLE, _PEOPLE))
PEOPLE_SORTING = {"email": "u.email", "name": "lower(u.name)", "created_at": "u.created_at", "id": "u.id"}
_WAYS_IN = """
    u.password_hash IS NOT NULL AS password, (SELECT count(*) FROM passkeys p WHERE p.user_id = u.id) AS passkeys,
    EXISTS (SELECT 1 FROM code_secrets c WHERE c.user_id = u.id) AS codes
"""
_FIND_PERSON = Statement(f"SELECT {_PERSON}, {_WAYS_IN} FROM users u WHERE u.id = :id AND {_HERE}")

_ORGANIZATIONS = f"({contains('o.name', 'query')} OR {contains('o.slug', 'query')})"
_ORGANIZATION = """
    o.id, o.slug, o.name, o.avatar_url, o.is_test, o.created_at, o.deleted_at,
    (SELECT count(*) FROM memberships m WHERE m.organization_id = o.id) AS members,
    (SELECT count(*) FROM webhook_endpoints w WHERE w.organization_id = o.id) AS endpoints,
    (SELECT count(DISTINCT g.client_id) FROM grants g WHERE g.organization_id = o.id AND g.revoked_at IS NULL) AS apps
"""
ORGANIZATIONS = Listing(_ORGANIZATION, "organizations o", (_ORGANIZATIONS, _ORGANIZATIONS))
ORGANIZATIONS_SORTING = {"name": "lower(o.name)", "created_at": "o.created_at", "id": "o.id"}
_FIND_ORGANIZATION = Statement(f"SELECT {_ORGANIZATION} FROM organizations o WHERE o.id = :id")

_KNOWN = "(c.deleted_at IS NULL OR c.disabled_at IS NOT NULL)"
_APPS = f"""
    {_KNOWN} AND ({contains("c.name", "query")} OR {contains("u.email", "query")} OR c.client_id = :query)
    AND (CAST(:state AS TEXT) IS NULL OR (:state = 'disabled' AND c.disabled_at IS NOT NULL)
        OR (:state = 'anonymous' AND c.is_anonymous = TRUE))
"""
_APP = """
    c.client_id, c.name, c.logo_uri, c.auth_method, c.redirect_uris, c.scope, c.is_anonymous, c.created_at,
    c.disabled_at, c.owner_id, u.name AS owner_name, u.email AS owner_email,
    (SELECT count(DISTINCT g.user_id) FROM grants g WHERE g.client_id = c.client_id AND g.revoked_at IS NULL) AS people
"""
_APPS_FROM = "clients c LEFT JOIN users u ON u.id = c.owner_id"
APPS = Listing(_APP, _APPS_FROM, (_APPS, _APPS))
APPS_SORTING = {"name": "lower(c.name)", "created_at": "c.created_at", "id": "c.client_id"}
_FIND_APP = Statement(f"SELECT {_APP} FROM {_APPS_FROM} WHERE c.client_id = :id AND {_KNOWN}")

_OF_LIVE = "WHERE organization_id NOT IN (SELECT id FROM organizations WHERE deleted_at IS NOT NULL)"
_COUNTS = Statement(f"""
    SELECT (SELECT count(*) FROM users u WHERE {_HERE}) AS people,
        (SELECT count(*) FROM organizations WHERE is_test = FALSE AND deleted_at IS NULL) AS organizations,
        (SELECT count(*) FROM organizations WHERE is_test = TRUE AND deleted_at IS NULL) AS test_organizations,
        (SELECT count(*) FROM clients WHERE deleted_at IS NULL) AS apps,
        (SELECT count(*) FROM webhook_endpoints {_OF_LIVE}) AS endpoints,
        (SELECT count(*) FROM webhook_endpoints {_OF_LIVE} AND enabled = FALSE) AS disabled_endpoints
""")

# How much waits, and since when the first of it does.
_QUEUES = {
    "subscriptions": Statement(
        f"SELECT count(*) AS waiting, min(due_at) AS since FROM subscriptions {_OF_LIVE} AND due_at <= :now"
    ),
    "checkouts": Statement("""
        SELECT count(*) AS waiting, min(expires_at) AS since FROM checkouts
        WHERE status IN ('open', 'confirmed') AND expires_at <= :now
    """),
    "reviews": Statement("""
        SELECT count(*) AS waiting, min(created_at) AS since FROM grant_reviews WHERE leased_until <= :now
    """),
    "events": Statement("""
        SELECT count(*) AS waiting, min(created_at) AS since FROM events
        WHERE dispatched_at IS NULL AND created_at <= :now
    """),
    # Of an endpoint that does not answer much may wait; here count those that no worker is at.
    "endpoints": Statement("""
        SELECT count(*) AS waiting, min(next_due_at) AS since FROM webhook_endpoints
        WHERE next_due_at <= :now AND enabled = TRUE AND (leased_until IS NULL OR leased_until <= :now)
    """),
}
_LIST_SENDING = Statement("""
    SELECT q.waiting, q.tries, q.since, w.id, w.url, w.name, w.failed_in_a_row, o.slug, o.name AS organization
    FROM (
        SELECT endpoint_id, count(*) AS waiting, max(attempts) AS tries, min(created_at) AS since
        FROM webhook_events WHERE status = 'pending' GROUP BY endpoint_id
    ) q
    JOIN webhook_endpoints w ON w.id = q.endpoint_id JOIN organizations o ON o.id = w.organization_id
    ORDER BY q.since LIMIT :limit
""")
_LIST_DUE = Statement("""
    SELECT s.id, s.status, s.due_at, o.slug, o.name AS organization
    FROM subscriptions s JOIN organizations o ON o.id = s.organization_id AND o.deleted_at IS NULL
    WHERE s.due_at <= :now ORDER BY s.due_at LIMIT :limit
""")


async def find(
    tx: Transaction, listing: Listing, asked: Mapping[str, Any], order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of people, organizations or apps, and how many there are in all."""
    return await listing.find(tx, asked, order, limit, offset)


async def find_person(tx: Transaction, user_id: str) -> Row | None:
    """A person who has an account, and how they sign in."""
    return await tx.first(_FIND_PERSON, id=user_id)


async def find_organization(tx: Transaction, organization_id: str) -> Row | None:
    """An organization."""
    return await tx.first(_FIND_ORGANIZATION, id=organization_id)


async def find_app(tx: Transaction, client_id: str) -> Row | None:
    """An app that is registered, also when it is disabled."""
    return await tx.first(_FIND_APP, id=client_id)


async def count_all(tx: Transaction) -> Row:
    """How many people, organizations and so on there are."""
    return await tx.one(_COUNTS)


async def list_queues(tx: Transaction, now: int) -> dict[str, Row]:
    """What is due and waits for the clock or for the delivery worker, by its name."""
    return {name: await tx.one(statement, now=now) for name, statement in _QUEUES.items()}


async def list_sending(tx: Transaction, limit: int) -> list[Row]:
    """Endpoints with something to be sent, what waits the longest first."""
    return await tx.all(_LIST_SENDING, limit=limit)


async def list_due(tx: Transaction, now: int, limit: int) -> list[Row]:
    """Subscriptions that the clock has to look at, the longest overdue first."""
    return await tx.all(_LIST_DUE, now=now, limit=limit)
