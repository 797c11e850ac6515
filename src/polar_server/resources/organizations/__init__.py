"""Organizations, as the API shows and changes them. Who belongs to them is the business of accounts."""

from polar_server.resources.organizations.endpoints import routes

__all__ = ["routes"]
