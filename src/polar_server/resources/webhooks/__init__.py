"""Webhooks: an organization's events, sent to the URLs that it names."""
