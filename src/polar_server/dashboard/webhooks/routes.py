"""The pages of webhooks, together."""

from polar_server.dashboard.webhooks import event_pages, pages

routes = [*pages.routes, *event_pages.routes]
