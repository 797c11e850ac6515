"""SQL that the lists of all resources share, one text for each engine."""

WITHIN = "{column} IN (SELECT value FROM json_each(:{name}))"
WITHIN_POSTGRES = "{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST(:{name} AS JSON))))"

PAGE = "LIMIT (SELECT CAST(:limit AS BIGINT)) OFFSET (SELECT CAST(:offset AS BIGINT))"
"""The page of a list that is found by its indexes whatever is asked: the numbers as nobody knows them beforehand.

PostgreSQL thinks a plan for known numbers so much cheaper than one for any that it makes one anew for each request,
which takes longer than to run it.
"""

# Each wanted key must have one of the wanted values; values are compared as JSON writes them, texts without quotes.
_METADATA = """NOT EXISTS (
    SELECT 1 FROM json_each(:metadata) wanted WHERE NOT EXISTS (
        SELECT 1 FROM json_each({column}) kept JOIN json_each(wanted.value) choice
        ON choice.value = CASE kept.type
            WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(kept.value AS TEXT) END
        WHERE kept.key = wanted.key
    )
)"""
_METADATA_POSTGRES = """NOT EXISTS (
    SELECT 1 FROM json_each(CAST(:metadata AS JSON)) wanted WHERE NOT EXISTS (
        SELECT 1 FROM json_array_elements_text(wanted.value) choice
        WHERE CAST({column} AS JSON) ->> wanted.key = choice
    )
)"""


def within(column: str, name: str) -> tuple[str, str]:
    """`column` is one of the texts in the JSON list `:name`: the texts for SQLite and for PostgreSQL."""
    return WITHIN.format(column=column, name=name), WITHIN_POSTGRES.format(column=column, name=name)


def within_if_asked(column: str, name: str) -> tuple[str, str]:
    """The same, or everything when `:name` is NULL."""
    sqlite, postgres = within(column, name)
    return f"(:{name} IS NULL OR {sqlite})", f"(CAST(:{name} AS TEXT) IS NULL OR {postgres})"


def with_metadata(column: str) -> tuple[str, str]:
    """The metadata in `column` fit the filter `:metadata` (see `metadata.asked_metadata`)."""
    return _METADATA.format(column=column), _METADATA_POSTGRES.format(column=column)


def contains(column: str, name: str) -> str:
    """`column` contains the text `:name` in any case, or everything when it is NULL. % and _ mean themselves."""
    escaped = f"replace(replace(replace(lower(CAST(:{name} AS TEXT)), '!', '!!'), '%', '!%'), '_', '!_')"
    return f"(CAST(:{name} AS TEXT) IS NULL OR lower({column}) LIKE '%' || {escaped} || '%' ESCAPE '!')"


def both(*conditions: str | tuple[str, str]) -> tuple[str, str]:
    """The conditions joined by AND, for SQLite and for PostgreSQL."""
    sides = [(c, c) if isinstance(c, str) else c for c in conditions]
    return " AND ".join(sqlite for sqlite, _ in sides), " AND ".join(postgres for _, postgres in sides)
