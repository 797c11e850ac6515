"""The person behind a user token."""

from polar_server.resources.users.endpoints import routes

__all__ = ["routes"]
