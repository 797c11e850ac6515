"""The pages of the operation, together."""

from polar_server.dashboard.admin import app_pages, organization_pages, overview_pages, people_pages

routes = [*overview_pages.routes, *people_pages.routes, *organization_pages.routes, *app_pages.routes]
