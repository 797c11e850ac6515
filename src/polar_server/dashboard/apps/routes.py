"""The pages of apps, together."""

from polar_server.dashboard.apps import pages, secret_pages

routes = [*pages.routes, *secret_pages.routes]
