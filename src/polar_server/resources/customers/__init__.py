"""Customers: who buys from an organization."""

from polar_server.resources.customers.endpoints import routes

__all__ = ["routes"]
