"""The pages of the dashboard: its areas, one folder each."""

from litestar import Router
from litestar.di import Provide

from polar_server.accounts.desk import note_visit
from polar_server.allowed_methods import with_options
from polar_server.dashboard import test_organizations
from polar_server.dashboard.activity import pages as activity
from polar_server.dashboard.admin import routes as admin
from polar_server.dashboard.admin.operation import find_operation
from polar_server.dashboard.apps import routes as apps
from polar_server.dashboard.apps.developers import find_developer
from polar_server.dashboard.benefits import pages as benefits
from polar_server.dashboard.checkouts import pages as checkouts
from polar_server.dashboard.customers import pages as customers
from polar_server.dashboard.files import pages as files
from polar_server.dashboard.metrics import pages as metrics
from polar_server.dashboard.orders import pages as orders
from polar_server.dashboard.overview import pages as overview
from polar_server.dashboard.places import find_place
from polar_server.dashboard.products import pages as products
from polar_server.dashboard.refusals import exception_handlers
from polar_server.dashboard.settings import pages as settings
from polar_server.dashboard.start import routes as start_routes
from polar_server.dashboard.subscriptions import pages as subscriptions
from polar_server.dashboard.tokens import pages as tokens
from polar_server.dashboard.webhooks import routes as webhooks
from polar_server.html import Pages

AREAS = (
    overview,
    metrics,
    settings,
    test_organizations,
    products,
    benefits,
    files,
    checkouts,
    orders,
    tokens,
    apps,
    customers,
    subscriptions,
    activity,
    webhooks,
    admin,
)


def dashboard_router(pages: Pages) -> Router:
    """All areas under one roof."""
    return Router(
        path="/",
        route_handlers=with_options([*start_routes, *(route for area in AREAS for route in area.routes)]),
        dependencies={
            "visit": Provide(note_visit, sync_to_thread=False),
            "place": Provide(find_place),
            "developer": Provide(find_developer, sync_to_thread=False),
            "operation": Provide(find_operation, sync_to_thread=False),
        },
        exception_handlers=exception_handlers(pages),
        include_in_schema=False,
    )
