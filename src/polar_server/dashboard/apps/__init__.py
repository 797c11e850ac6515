"""OAuth apps of a person: registered, changed, given secrets, tried, watched, and deleted."""
