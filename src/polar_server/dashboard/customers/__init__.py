"""Customers: found, made, seen with all that they have, changed and deleted."""
