"""Writes that wait on PostgreSQL: those of a transaction that nobody asks about become one statement."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from polar_server.database.statements import Statement

_MOST = 24
"""With so many, rows of a table that has some go to the next statement: every mixture is a text to prepare."""
_INSERT = "INSERT INTO"
_PLAIN = re.compile(rf"\s*({_INSERT}|UPDATE)\s+(\w+)")
_READS = re.compile(r"\b(SELECT|FROM|RETURNING|CONFLICT)\b")
_NUMBER = re.compile(r"\$(\d+)")


class Waiting:
    """Writes that can be made at the same moment: none of them sees or changes what another wrote."""

    __slots__ = ("_count", "_kinds", "_writes")

    def __init__(self) -> None:
        self._writes: dict[Statement, list[Sequence[Any]]] = {}
        self._kinds: dict[str, str] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._writes)

    def takes(self, statement: Statement) -> bool:
        """Whether this one can be made together with the others: it has a table of its own, or all add rows to it."""
        kind, table = _target(statement)
        other = self._kinds.get(table)
        if other is None:
            return True
        return other == kind == _INSERT and (self._count < _MOST or statement not in self._writes)

    def add(self, statement: Statement, arguments: Sequence[Any]) -> None:
        kind, table = _target(statement)
        self._kinds[table] = kind
        self._writes.setdefault(statement, []).append(arguments)
        self._count += 1

    def joined(self) -> tuple[str, list[Any]]:
        """The text and the arguments of one statement that makes them all."""
        text = _joined(tuple((statement, len(rows)) for statement, rows in self._writes.items()))
        return text, [each for rows in self._writes.values() for row in rows for each in row]


@cache
def _target(statement: Statement) -> tuple[str, str]:
    """What a write does and to which table. Raises ValueError for one that reads anything."""
    found = _PLAIN.match(statement.postgres)
    if found is None or _READS.search(statement.postgres):
        raise ValueError(f"This cannot wait, since it reads: {statement!r}")
    return found[1], found[2]


@lru_cache(maxsize=1000)
def _joined(writes: tuple[tuple[Statement, int], ...]) -> str:
    """Statements as the parts of one (a WITH query), each with so many rows, whose parameters are numbered on."""
    parts, first = [], 0
    for statement, count in writes:
        parts.append(_with_rows(statement, count, first))
        first += len(statement.order) * count
    *others, last = parts
    named = ", ".join(f"w{place} AS ({part})" for place, part in enumerate(others))
    return f"WITH {named} {last}" if others else last


def _with_rows(statement: Statement, count: int, first: int) -> str:
    """The statement, which adds so many rows if it adds one, with parameters from `first` on."""
    head, values, row = statement.postgres.partition("VALUES")
    starts = (first + place * len(statement.order) for place in range(count))
    return _shifted(head, first) + values + ",".join(_shifted(row, start) for start in starts)


def _shifted(text: str, by: int) -> str:
    return _NUMBER.sub(lambda found: f"${int(found[1]) + by}", text)
