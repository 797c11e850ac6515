"""Benefit grants: which customer has which benefit, and from which sale."""
