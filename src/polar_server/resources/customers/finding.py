"""A customer by either of its addresses: its id, or the external id that the organization gave it."""

from collections.abc import Awaitable, Callable
from functools import partial

from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resources.customers import queries

Find = Callable[[Transaction, Caller], Awaitable[Row]]
"""Raises ResourceNotFound, AmbiguousExternalCustomerID."""


class AmbiguousExternalCustomerID(ApiError):
    """Two organizations of a person have a customer with this external id."""

    status = 409


def by_id(customer_id: str) -> Find:
    """The customer with this id."""
    return partial(_find, customer_id)


def by_external_id(external_id: str) -> Find:
    """The customer with this external id, which is unique within an organization only."""
    return partial(_find_external, external_id)


def also_deleted(customer_id: str) -> Find:
    """The customer with this id, also when it is deleted."""
    return partial(_find_also_deleted, customer_id)


async def lock(tx: Transaction, caller: Caller, find: Find) -> Row:
    """The customer as committed now, kept from changing until the transaction ends."""
    found = await find(tx, caller)
    return _present(await queries.lock_customer(tx, found["id"], caller.reach([found["organization_id"]])))


async def _find(customer_id: str, tx: Transaction, caller: Caller) -> Row:
    return _present(await queries.find_customer(tx, customer_id, caller.reach()))


async def _find_also_deleted(customer_id: str, tx: Transaction, caller: Caller) -> Row:
    return _present(await queries.find_customer_also_deleted(tx, customer_id, caller.reach()))


async def _find_external(external_id: str, tx: Transaction, caller: Caller) -> Row:
    found = await queries.find_customers_by_external_id(tx, external_id, caller.reach())
    if len(found) > 1:
        raise AmbiguousExternalCustomerID(
            "Customers of several organizations have this external id. Name one with the header Polar-Organization."
        )
    return _present(found[0] if found else None)


def _present(row: Row | None) -> Row:
    if row is None:
        raise ResourceNotFound
    return row
