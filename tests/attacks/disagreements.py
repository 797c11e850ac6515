"""Cases whose expectation we do not share: why, and the expectation that we stand by."""

from tests.attacks.changes import Change

DISAGREEMENTS = {
    "AZ-044": Change(
        "NUL has no use in any parameter and PostgreSQL stores no text with it, so a request that contains it is"
        " unreadable: invalid_request, on our own page, before its scope or anything else of it is looked at.",
        {"expect": {"status": 400, "error": "invalid_request"}},
    ),
}
"""Case id -> reason and the form that runs instead."""
