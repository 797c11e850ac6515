"""The fixtures of a whole application in the test's own process."""

from tests.world import app, browser, made_keys, person, settings, world

__all__ = ["app", "browser", "made_keys", "person", "settings", "world"]
