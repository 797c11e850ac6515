"""Authlib with FastAPI and SQLAlchemy."""
