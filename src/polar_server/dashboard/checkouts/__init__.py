"""Checkouts: listed, read, and made as links to send."""
