"""Metrics: what an organization sold, by period."""
