"""The composition root: joins the parts of the house and the routes of every floor into one ASGI application."""

import time
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from polar_server import logs
from polar_server import settings as configuration
from polar_server.accounts.endpoints import routes as account_routes
from polar_server.allowed_methods import with_options
from polar_server.authorization_server.grant_queries import revoke_grants_of
from polar_server.authorization_server.person_queries import end_with_person, kept_of_person
from polar_server.authorization_server.routes import AT_ONCE, EXACT, PREFIXES
from polar_server.authorization_server.routes import routes as authorization_routes
from polar_server.authorization_server.visitors import describe_return_to
from polar_server.dashboard.routes import dashboard_router
from polar_server.database import Transaction
from polar_server.house import Clock, House
from polar_server.html.endpoints import routes as html_routes
from polar_server.oauth.server_keys import ServerKeys
from polar_server.plain_asgi import PlainEndpoints
from polar_server.refusals import exception_handlers
from polar_server.resource_server.reference import routes as reference_routes
from polar_server.resource_server.routing import api_router
from polar_server.resources.benefit_grants.endpoints import routes as grant_routes
from polar_server.resources.benefit_grants.revoking import revoke_of_customer
from polar_server.resources.benefits.endpoints import routes as benefit_routes
from polar_server.resources.checkouts.endpoints import routes as checkout_routes
from polar_server.resources.checkouts.pages import routes as checkout_page_routes
from polar_server.resources.customers.deleting import OnDeletion
from polar_server.resources.customers.endpoints import routes as customer_routes
from polar_server.resources.files.endpoints import routes as file_routes
from polar_server.resources.files.transfers import routes as transfer_routes
from polar_server.resources.metrics.endpoints import routes as metric_routes
from polar_server.resources.orders.document_pages import routes as document_routes
from polar_server.resources.orders.endpoints import routes as order_routes
from polar_server.resources.organizations.endpoints import routes as organization_routes
from polar_server.resources.products.endpoints import routes as product_routes
from polar_server.resources.refunds.endpoints import routes as refund_routes
from polar_server.resources.subscriptions.ending import end_subscriptions_of
from polar_server.resources.subscriptions.endpoints import routes as subscription_routes
from polar_server.resources.users.endpoints import routes as user_routes
from polar_server.resources.webhooks.delivery_endpoints import routes as delivery_routes
from polar_server.resources.webhooks.endpoints import routes as webhook_routes
from polar_server.settings import Settings
from polar_server.telemetry import metrics_endpoints

RESOURCES = {
    "organizations": organization_routes,
    "users": user_routes,
    "files": [*file_routes, *transfer_routes],
    "products": product_routes,
    "benefits": benefit_routes,
    "customers": customer_routes,
    "benefit_grants": grant_routes,
    "orders": order_routes,
    "subscriptions": subscription_routes,
    "refunds": refund_routes,
    "checkouts": checkout_routes,
    "metrics": metric_routes,
    "webhooks": [*webhook_routes, *delivery_routes],
}
"""The resources of the API with their routes, in their line."""


async def _end_grants(transaction: Transaction, user_id: str, now: int) -> None:
    await revoke_grants_of(transaction, user_id, "the person's password changed", now)


ON_CREDENTIALS_CHANGED = (_end_grants,)
"""What else ends with a person's old password, in the same transaction."""

ON_ACCOUNT_DELETED = (end_with_person,)
"""What else ends with a person's account, in the same transaction."""

KEPT_ELSEWHERE = (kept_of_person,)
"""What the floors above accounts add to the file in which people take away what is kept about them."""

ON_CUSTOMER_DELETION: tuple[OnDeletion, ...] = (end_subscriptions_of, revoke_of_customer)
"""What else ends with a customer, in the same transaction and in this order."""


def create() -> ASGIApp:
    """The application from the environment's settings, as `serve` starts it in each worker."""
    settings = configuration.load()
    logs.configure(settings.log_format)
    keys = settings.server_keys() or [configuration.development_server_key(settings.data_dir)]
    return build(settings, ServerKeys(keys), time.time)


def build(settings: Settings, server_keys: ServerKeys, clock: Clock) -> ASGIApp:
    """The application from its settings, keys and clock."""
    house = House(settings, server_keys, clock)
    pages_and_api = _framework(house)
    exact = {**EXACT, **metrics_endpoints(house.telemetry, settings.metrics_token)}
    # Reads from SQLite never wait. Drivers of servers do, with timeouts that want a task.
    at_once = AT_ONCE if house.database.engine == "sqlite" and not settings.rate_limit_url else ()
    return PlainEndpoints(house.server, exact, PREFIXES, pages_and_api, house.telemetry.count_request, at_once)


def _framework(house: House) -> Litestar:
    routes = [
        *html_routes,
        *account_routes,
        *authorization_routes,
        *reference_routes,
        *document_routes,
        *checkout_page_routes,
        dashboard_router(house.pages),
        api_router(route for routes in RESOURCES.values() for route in routes),
    ]
    return Litestar(
        with_options(routes),
        dependencies=_dependencies(house),
        exception_handlers=exception_handlers(house.pages),
        lifespan=[house.open],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )


def _dependencies(house: House) -> dict[str, Provide]:
    """What handlers may ask for, by the name of their parameter."""

    async def describe(return_to: str) -> Any:
        return await describe_return_to(house.server, return_to)

    parts = {
        "settings": house.settings,
        "database": house.database,
        "server_keys": house.server_keys,
        "clock": house.clock,
        "passwords": house.passwords,
        "mailer": house.mailer,
        "pages": house.pages,
        "outbound": house.outbound,
        "scanning_keys": house.scanning_keys,
        "storage": house.storage,
        "server": house.server,
        "on_credentials_changed": ON_CREDENTIALS_CHANGED,
        "on_account_deleted": ON_ACCOUNT_DELETED,
        "kept_elsewhere": KEPT_ELSEWHERE,
        "on_deletion": ON_CUSTOMER_DELETION,
        "describe_return_to": describe,
    }
    return {name: _constant(part) for name, part in parts.items()} | {"session": Provide(house.session)}


def _constant(part: Any) -> Provide:
    return Provide(lambda: part, use_cache=True, sync_to_thread=False)
