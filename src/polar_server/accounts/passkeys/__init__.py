"""Passkeys: sign-in with a key that a device or password manager keeps (Web Authentication Level 3)."""
