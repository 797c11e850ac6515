"""Webhooks: endpoints with how they do, and the log of what was sent to them."""
