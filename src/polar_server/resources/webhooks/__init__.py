"""Webhooks: an organization's events, sent to the URLs that it names."""

from polar_server.resources.webhooks import delivery_endpoints, endpoints

routes = [*endpoints.routes, *delivery_endpoints.routes]

__all__ = ["routes"]
