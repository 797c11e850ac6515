"""Rewriting parameters and splitting scripts."""

import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.database import Statement
from polar_server.database.statements import split

NAMES = ("id", "now", "_x1", "email")
INERT = (
    "'products:read'",
    "'it''s :id; --'",
    "''",
    '"a:id;"',
    '"say "":id"""',
    "-- a :id; '\n",
    "/* :id; ' */",
    "x::text",
    "::bigint",
    " , ",
    "\n",
    "SELECT",
    "$x",
    "a = b",
)


@pytest.mark.parametrize(
    "text, postgres, order",
    [
        ("SELECT 1", "SELECT 1", ()),
        ("WHERE id = :id", "WHERE id = $1", ("id",)),
        (":b, :a, :b", "$1, $2, $1", ("b", "a")),
        ("scope = 'products:read' AND id=:id", "scope = 'products:read' AND id=$1", ("id",)),
        ("'it''s :no' || :yes", "'it''s :no' || $1", ("yes",)),
        ('"odd:name" = :id', '"odd:name" = $1', ("id",)),
        (":id::text", "$1::text", ("id",)),
        (":id -- :no\n, :now", "$1 -- :no\n, $2", ("id", "now")),
        ("/* :no */ :id", "/* :no */ $1", ("id",)),
        (":id_2", "$1", ("id_2",)),
        ("'", None, ()),
        ('SELECT "a', None, ()),
        ("/* a", None, ()),
    ],
)
def test_parameters_are_numbered(text: str, postgres: str | None, order: tuple[str, ...]) -> None:
    """Each name gets one number, and nothing in strings, identifiers, comments and casts is a name."""
    if postgres is None:
        with pytest.raises(ValueError, match="does not end"):
            Statement(text)
        return
    statement = Statement(text)
    assert (statement.sqlite, statement.postgres, statement.order) == (text, postgres, order)
    assert statement.names == set(order)


@given(st.lists(st.sampled_from(INERT) | st.sampled_from(NAMES).map(lambda name: f" :{name} "), max_size=12))
def test_numbering_loses_nothing(parts: list[str]) -> None:
    """Put back in place of their numbers, the names give the original text."""
    text = " ".join(parts)
    statement = Statement(text)
    assert statement.order == tuple(dict.fromkeys(part.strip(" :") for part in parts if part.startswith(" :")))
    restored = re.sub(r"\$(\d+)", lambda match: f":{statement.order[int(match[1]) - 1]}", statement.postgres)
    assert restored == text


@given(st.lists(st.sampled_from([part for part in INERT if part != "SELECT"]), max_size=8))
def test_sqlite_sees_the_same_names(parts: list[str]) -> None:
    """What we call inert, SQLite calls inert, too: it finds no parameter there."""
    text = "SELECT " + " || ".join(["'a'", *(part for part in parts if part.startswith("'")), "'b'"])
    comments = " ".join(part for part in parts if part.startswith(("--", "/*")))
    statement = Statement(f"{text} {comments}\n || :id")
    with sqlite3.connect(":memory:") as connection:
        row = connection.execute(statement.sqlite, {"id": "c"}).fetchone()
    connection.close()
    assert row[0].startswith("a")
    assert row[0].endswith("bc")


def test_a_text_of_its_own_for_postgres() -> None:
    """PostgreSQL's own text is used there only."""
    statement = Statement("SELECT :a", postgres="SELECT :a::text")
    assert (statement.sqlite, statement.postgres) == ("SELECT :a", "SELECT $1::text")


def test_both_texts_take_the_same_parameters() -> None:
    """Texts that take different parameters are refused at import, by name."""
    with pytest.raises(ValueError, match="'b', 'c'"):
        Statement("SELECT :a, :b", postgres="SELECT :a, :c")


def test_a_mismatch_shows_names_and_no_values() -> None:
    """The error about parameters names the statement and the parameters."""
    error = Statement("SELECT :a,\n :b").mismatch({"b": "secret", "c": "secret"})
    assert str(error) == "Wrong parameters (missing a; unknown c) for Statement('SELECT :a, :b')"


@pytest.mark.parametrize(
    "script, statements",
    [
        ("", []),
        ("-- nothing\n", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("A;\n\nB ;-- end; of it\n", ["A", "B"]),
        ("-- first; one\nA; B", ["-- first; one\nA", "B"]),
        ("A ';' ''';' B; C \";\"", ["A ';' ''';' B", 'C ";"']),
        ("/* a; b */ A; /* c; */", ["/* a; b */ A"]),
        ("A DEFAULT 'x:y;z'; ;", ["A DEFAULT 'x:y;z'"]),
    ],
)
def test_splitting(script: str, statements: list[str]) -> None:
    """A script splits at its semicolons, except those in strings, identifiers and comments."""
    assert split(script) == statements


def test_splitting_an_unended_string() -> None:
    """A string that does not end is refused rather than cut."""
    with pytest.raises(ValueError, match="does not end"):
        split("A; B ';")
