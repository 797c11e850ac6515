"""Metrics in the dashboard: what was sold, as charts and tables."""
