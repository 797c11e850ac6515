"""The resource server (RFC 6749 §1.1): who calls, what they may do, how answers look. The resources stand above it."""
