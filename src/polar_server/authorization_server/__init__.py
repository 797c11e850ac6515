"""The authorization server (RFC 6749 §1.1): asks people, issues tokens, and answers about them."""
