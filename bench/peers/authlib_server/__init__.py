"""An authorization server as Authlib's documentation writes it: models, grants and endpoints, for Flask and FastAPI."""
