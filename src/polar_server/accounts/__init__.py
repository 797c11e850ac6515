"""People, their passwords and sessions, and the organizations they belong to: the resource owners (RFC 6749 §1.1)."""
