"""The fixtures of a whole application in the test's own process, and of tokens that call its API."""

from tests.world import api, made_keys, settings, stranger, world

__all__ = ["api", "made_keys", "settings", "stranger", "world"]
