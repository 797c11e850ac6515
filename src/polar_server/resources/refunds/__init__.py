"""Refunds: money given back for an order."""
