"""What is said instead of starting with wrong settings."""


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and the remedy."""
