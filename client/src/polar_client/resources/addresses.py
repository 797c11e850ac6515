"""Postal addresses."""

from typing import Required, TypedDict

from polar_client.shapes import Shape


class AddressBody(TypedDict, total=False):
    """An address to send. `country` is ISO 3166-1 alpha-2."""

    country: Required[str]
    line1: str | None
    line2: str | None
    postal_code: str | None
    city: str | None
    state: str | None


class Address(Shape, kw_only=True):
    """An address."""

    country: str
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
