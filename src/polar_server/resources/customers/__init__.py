"""Customers: who buys from an organization."""
