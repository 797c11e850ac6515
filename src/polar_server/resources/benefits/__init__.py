"""Benefits: what customers get with a product."""

from polar_server.resources.benefits.endpoints import routes

__all__ = ["routes"]
