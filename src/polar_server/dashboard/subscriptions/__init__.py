"""Subscriptions: found, read, changed, rested and ended."""
