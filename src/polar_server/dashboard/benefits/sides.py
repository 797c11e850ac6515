"""What stands beside a benefit: the products that give it, the customers who have it, the files that it can hold."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from polar_server.dashboard.places import Place
from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import Benefit
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.benefit_grants.queries import count_holders
from polar_server.resources.files import list_queries as file_lists
from polar_server.resources.files import queries as files
from polar_server.resources.files.list_queries import FileFilter
from polar_server.resources.products import list_queries as products
from polar_server.resources.products.list_queries import ProductFilter

_MOST_PRODUCTS = 20
MOST_FILES = 80
"""So many boxes a page has; a form takes a hundred fields."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The products that give a benefit, some of them by name, and how many customers have it."""

    products: list[Row]
    product_count: int
    holders: int


async def sides_of(tx: Transaction, place: Place, benefit: Benefit) -> Sides:
    """What a benefit is part of."""
    wanted = ProductFilter(
        organization_ids=place.caller.reach(),
        ids=None,
        visibilities=None,
        is_archived=None,
        is_recurring=None,
        benefit_ids=json.dumps([benefit.id]),
        query=None,
        metadata=NOT_ASKED,
    )
    found, total = await products.list_products(tx, wanted, "p.name ASC, p.id", _MOST_PRODUCTS, 0)
    holders = await count_holders(tx, [benefit.id], place.organization_id)
    return Sides([each.product for each in found], total, holders.get(benefit.id, 0))


async def files_for(place: Place, ticked: Iterable[str]) -> list[File]:
    """The files that a benefit can hold: those that are ticked, in their order, then the others, newest first."""
    reach, chosen = place.caller.reach(), list(ticked)
    wanted = FileFilter(reach, services=json.dumps(["downloadable"]), is_uploaded=True)
    async with place.server.database.read() as tx:
        known = await files.list_downloadables(tx, chosen, reach) if chosen else {}
        newest, _ = await file_lists.list_files(tx, wanted, "f.created_at DESC, f.id", MOST_FILES, 0)
    rows = [*(known[each] for each in chosen if each in known), *(row for row in newest if row["id"] not in known)]
    return [file_of(row, place.server.issuer) for row in rows[: max(MOST_FILES, len(known))]]
