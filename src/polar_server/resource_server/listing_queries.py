"""SQL of a list: a page of it in one of its orders, and how many rows there are in all."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from polar_server.database import Row, Statement, Transaction


class Listing:
    """Rows of a table that are listed.

    `source` is what follows FROM, `asked` the conditions for SQLite and for PostgreSQL. `joins` are added, by their
    alias, where an order needs them. Orders are made by `lists.order_by`, of columns that the list knows.
    """

    def __init__(
        self, columns: str, source: str, asked: tuple[str, str], joins: Mapping[str, str] | None = None
    ) -> None:
        self._columns, self._source, self._asked, self._joins = columns, source, asked, joins or {}
        self.count = Statement(*(f"SELECT count(*) FROM {source} WHERE {conditions}" for conditions in asked))
        # Several orders can be asked for together, so there are more of them than anybody uses.
        self.page = lru_cache(maxsize=256)(self._page)

    def _page(self, order: str) -> Statement:
        joins = " ".join(join for alias, join in self._joins.items() if f"{alias}." in order)
        return Statement(
            *(
                f"""
                SELECT {self._columns} FROM {self._source} {joins} WHERE {conditions}
                ORDER BY {order} LIMIT :limit OFFSET :offset
                """
                for conditions in self._asked
            )
        )

    async def find(
        self, tx: Transaction, asked: Mapping[str, Any], order: str, limit: int, offset: int
    ) -> tuple[list[Row], int]:
        """A page and how many rows there are in all; `asked` are the parameters of the conditions."""
        rows = await tx.all(self.page(order), **asked, limit=limit, offset=offset)
        return rows, (await tx.one(self.count, **asked))[0]
