"""Products: what an organization sells, at which prices."""

from polar_server.resources.products.endpoints import routes

__all__ = ["routes"]
