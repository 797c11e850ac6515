"""Organization access tokens: listed, made, shown once, and ended."""
