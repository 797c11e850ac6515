"""The API of Polar from Python: `Polar` blocks, `AsyncPolar` is awaited.

    from polar_client import Polar, UnauthorizedError

    polar = Polar(access_token="polar_at_o_...", base_url="http://localhost:8000")
    try:
        for product in polar.products.iter_all():
            print(product.name)
    except UnauthorizedError:
        print("The token has expired.")

How it is built: a method of a resource only describes its call (`calls`). What is sent, tried again and raised is a
generator without input or output (`attempts`), which either of two short loops carries out (`sending`). So each method
is written once, and both clients have it, with its types (`operations`).

What is sent are dictionaries: a member that is left out, or UNSET, stays as it is, and None empties. What comes back
are Structs with attributes. Words such as `status` are plain strings there, and members that this version does not know
are ignored, so that a newer server breaks no older client.
"""

from msgspec import UNSET, UnsetType

from polar_client.calls import Page, Pagination
from polar_client.clients import Api, AsyncPolar, Polar
from polar_client.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ConnectionError,
    Issue,
    NotFoundError,
    PermissionDeniedError,
    PolarError,
    RateLimitError,
    ServerError,
    TimeoutError,
    UnauthorizedError,
    UnexpectedAnswer,
    ValidationError,
)

__all__ = [
    "UNSET",
    "Api",
    "ApiError",
    "AsyncPolar",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "Issue",
    "NotFoundError",
    "Page",
    "Pagination",
    "PermissionDeniedError",
    "Polar",
    "PolarError",
    "RateLimitError",
    "ServerError",
    "TimeoutError",
    "UnauthorizedError",
    "UnexpectedAnswer",
    "UnsetType",
    "ValidationError",
]
