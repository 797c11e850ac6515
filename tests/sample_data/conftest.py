"""The fixtures of a whole application in the test's own process."""

from tests.world import made_keys, person, settings, world

__all__ = ["made_keys", "person", "settings", "world"]
