"""The pages of apps, together."""

from polar_server.dashboard.apps import help_pages, pages, secret_pages, try_pages

routes = [*pages.routes, *secret_pages.routes, *try_pages.routes, *help_pages.routes]
