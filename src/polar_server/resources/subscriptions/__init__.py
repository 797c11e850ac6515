"""Subscriptions: what renews by the clock."""
