"""The versions of the API that clients may ask for with the header Polar-Version."""

VERSIONS = ("2026-04", "2026-10", "2027-01")
"""Oldest first, which is the one answered in without the header. Their shapes are the same here."""
