"""What the tokens open: one folder for each resource of the API."""

LINE = (
    "organizations",
    "users",
    "files",
    "products",
    "benefits",
    "customers",
    "benefit_grants",
    "orders",
    "subscriptions",
    "refunds",
    "checkouts",
    "metrics",
    "webhooks",
)
"""The resources in a line: each may use those before it."""
