"""Authlib with Flask and SQLAlchemy."""
