"""The person behind a user token."""
