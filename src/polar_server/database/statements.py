"""SQL statements, one text for both engines, with `:name` parameters rewritten once at import."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

# Text in which a colon or a semicolon means nothing, or `::`, which is PostgreSQL's cast.
_INERT = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|::"""
_UNENDED = r"""['"]|/\*"""
_TOKEN = re.compile(rf"(?P<inert>{_INERT})|(?P<unended>{_UNENDED})|:(?P<name>[A-Za-z_]\w*)|(?P<end>;)", re.DOTALL)


class Statement:
    """One SQL statement for both engines; `postgres` replaces the text on PostgreSQL only.

    Make it once, at import: engines keep what they prepared under it. Both texts must take the same parameters.
    Raises ValueError for a quote or comment that does not end, and for two texts that take different parameters.
    """

    __slots__ = ("names", "order", "postgres", "sqlite")

    sqlite: str
    """The text for SQLite, which knows `:name` itself."""
    postgres: str
    """The text for PostgreSQL, with `$n`."""
    names: frozenset[str]
    order: tuple[str, ...]
    """The parameters' names as `$1`, `$2` and so on want them; a repeated name is one parameter."""

    def __init__(self, text: str, /, postgres: str | None = None) -> None:
        self.sqlite = text
        self.postgres, self.order = _numbered(text if postgres is None else postgres)
        self.names = frozenset(_numbered(text)[1])
        if self.names != frozenset(self.order):
            raise ValueError(f"The two texts take different parameters: {sorted(self.names ^ set(self.order))}")

    def __repr__(self) -> str:
        return f"Statement({' '.join(self.sqlite.split())!r})"

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The parameters in `order`. Raises TypeError for missing or unknown ones."""
        if given.keys() != self.names:
            raise self.mismatch(given)
        return [given[name] for name in self.order]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The same as PostgreSQL's text wants them."""
        return self.values(given)

    def mismatch(self, given: Collection[str]) -> TypeError:
        """The error that says which parameters are missing or unknown. Names only: values may be secrets."""
        missing, unknown = sorted(self.names - set(given)), sorted(set(given) - self.names)
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
        return TypeError(f"Wrong parameters ({'; '.join(parts)}) for {self!r}")


class SharedStatement(Statement):
    """A statement by key, which PostgreSQL runs once for everybody who asks it at the same moment (`Database.ask`).

    `together` is its text there. It sees a table `asked`, with a row for each request: a column for each parameter, of
    the type that `types` gives it, and the request's `number`, which must be the last column of the result. A request
    gets at most one row. `text` is for SQLite, None where SQLite has other statements.
    """

    __slots__ = ("only_reads",)

    def __init__(
        self, text: str | None, /, together: str, types: Mapping[str, str], *, only_reads: bool = False
    ) -> None:
        arrays = ", ".join(f"CAST(:{name} AS {type_}[])" for name, type_ in types.items())
        asked = f"SELECT * FROM unnest({arrays}) WITH ORDINALITY AS each_asked({', '.join(types)}, number)"  # noqa: S608 - names from the code
        postgres = f"WITH asked AS ({asked}){together}"
        super().__init__(postgres if text is None else text, postgres)
        self.only_reads = only_reads

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        return [[value] for value in self.values(given)]


def look_up(text: str, /, postgres: str | None = None) -> SharedStatement:
    """A shared SELECT that finds at most one row by keys, which are text."""
    found = _renamed(text if postgres is None else postgres, lambda name: f"asked.{name}")
    together = f" SELECT found.*, asked.number FROM asked CROSS JOIN LATERAL ({found}) AS found"  # noqa: S608 - from the code
    return SharedStatement(text, together, dict.fromkeys(_numbered(text)[1], "TEXT"), only_reads=True)


def split(script: str) -> list[str]:
    """The statements of a script, without their semicolons; parts that hold only comments are left out.

    Raises ValueError for a quote or comment that does not end.
    """
    starts_and_ends = [0]
    for match in _tokens(script):
        if match["end"]:
            starts_and_ends += [match.start(), match.end()]
    starts_and_ends.append(len(script))
    parts = [script[start:end].strip() for start, end in zip(*[iter(starts_and_ends)] * 2, strict=True)]
    return [part for part in parts if not _is_comment(part)]


def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with `$n` for each `:name`, and the names in order of their numbers."""
    numbers: dict[str, int] = {}
    return _renamed(text, lambda name: f"${numbers.setdefault(name, len(numbers) + 1)}"), tuple(numbers)


def _renamed(text: str, rename: Callable[[str], str]) -> str:
    """The text with something else for each `:name`."""
    pieces, done = [], 0
    for match in _tokens(text):
        if name := match["name"]:
            pieces += [text[done : match.start()], rename(name)]
            done = match.end()
    return "".join(pieces) + text[done:]


def _tokens(text: str) -> Iterator[re.Match[str]]:
    for match in _TOKEN.finditer(text):
        if match["unended"]:
            raise ValueError(f"A quote or comment does not end: {text[match.start() : match.start() + 40]!r}")
        yield match


def _is_comment(text: str) -> bool:
    return not re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).strip()
