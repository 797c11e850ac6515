"""The fixtures of a whole application in the test's own process, and of tokens that call its API."""

from tests.world import api, app, browser, made_keys, person, settings, world

__all__ = ["api", "app", "browser", "made_keys", "person", "settings", "world"]
