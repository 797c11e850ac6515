"""Who owns tables: the packages with migrations, found without loading what they do."""

from polar_server.resources import LINE

PACKAGES = (
    "polar_server.audit",
    "polar_server.accounts",
    "polar_server.authorization_server",
    "polar_server.resource_server",
    *(f"polar_server.resources.{name}" for name in LINE),
)
"""The packages that own tables, lowest floor first: the order of migrations."""
