"""The pages of apps, together."""

from polar_server.dashboard.apps import pages, secret_pages, try_pages

routes = [*pages.routes, *secret_pages.routes, *try_pages.routes]
