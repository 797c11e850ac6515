"""An OAuth 2.0 authorization server and OpenID Connect provider, and the API its tokens open."""

__version__ = "0.1.0"
