"""The rules of the architecture, each kept by a test and proved by a snippet that breaks it."""

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from polar_server import resources
from polar_server.app import RESOURCES
from polar_server.database import Statement
from polar_server.resource_server.listing_queries import Listing

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"

FLOORS = {
    "polar_server": 0,
    "polar_server.settings": 0,
    "polar_server.oauth": 0,
    "polar_server.database": 0,
    "polar_server.logs": 1,
    "polar_server.plain": 1,
    "polar_server.plain_asgi": 2,
    "polar_server.idle_connections": 2,
    "polar_server.plain_protocol": 3,
    "polar_server.background": 2,
    "polar_server.allowed_methods": 1,
    "polar_server.audit": 1,
    "polar_server.html": 1,
    "polar_server.mail": 1,
    "polar_server.outbound": 1,
    "polar_server.storage": 1,
    "polar_server.payments": 1,
    "polar_server.rate_limits": 1,
    "polar_server.telemetry": 2,
    "polar_server.accounts": 2,
    "polar_server.authorization_server": 3,
    "polar_server.resource_server": 4,
    "polar_server.resources": 5,
    "polar_server.refusals": 3,
    "polar_server.demo_products": 6,
    "polar_server.sample_data": 6,
    "polar_server.organization_deletion": 6,
    "polar_server.dashboard": 7,
    "polar_server.tables": 6,
    "polar_server.house": 8,
    "polar_server.app": 9,
    "polar_server.processes": 10,
    "polar_server.demo": 10,
    "polar_server.cli": 11,
    "polar_server.__main__": 12,
}
"""Imports point down only; a new part of the server gets its floor here."""

FORBIDDEN_NAMES = frozenset({"base", "common", "core", "handler", "helper", "manager", "misc", "service", "util"})
"""And their plurals."""

LINE = list(resources.LINE)
"""The resources in their order."""

RANDOMNESS_IN_OAUTH = {
    "polar_server.oauth.server_keys": "an AES-GCM nonce must never repeat, so no caller may choose one",
}

SQL_OUTSIDE_QUERIES = {
    "polar_server.database": "it speaks to the engines: transactions, PRAGMA, and its own table of applied migrations",
}

OWNED_BY_PEOPLE = {
    "grants": "a person gave it; organization_id is what it is for",
    "consents": "a person decided it; organization_id is what it is for",
}
"""Tables that have an organization_id and belong to somebody else."""

QUERIED_BY_OTHER_KEYS = {
    "polar_server.audit.queries._FORGET_PLACES": "a person who leaves is forgotten wherever they were",
    "polar_server.audit.queries._FORGET_NAMES": "a person who leaves is forgotten wherever they were",
    "polar_server.audit.queries._SWEEP": "what is old is removed for everybody",
    "polar_server.resource_server.audit_queries._OF_PERSON": "a person sees their own acts, wherever they were",
    "polar_server.resource_server.audit_queries._OF_CLIENT": "the owner of an app sees what was done through it",
    "polar_server.resource_server.audit_queries._OF_ALL": "the people who run the server see everything",
    "polar_server.accounts.organization_queries.LIST_MEMBERSHIPS": "a person sees all of their own",
    "polar_server.accounts.organization_queries.FIND_MEMBERSHIP": "a person's own, by the slug in the URL",
    "polar_server.accounts.queries.SWEEPS": "what expired is removed for everybody",
    "polar_server.accounts.leaving.queries.ORGANIZATIONS": "a person takes away what is kept about them",
    "polar_server.accounts.leaving.queries.ACTIVITY": "a person takes away what is kept about them",
    "polar_server.accounts.leaving.queries.INVITATIONS_SENT": "a person takes away what is kept about them",
    "polar_server.accounts.leaving.queries.INVITATIONS_RECEIVED": "a person takes away what is kept about them",
    "polar_server.accounts.organization_queries.FIND_INVITATION": "the token names the invitation and proves it",
    "polar_server.authorization_server.organization_token_queries._FIND": "the token names its row and proves it",
    "polar_server.authorization_server.found_token_queries._ORGANIZATION_TOKEN": "the token names it and proves it",
    "polar_server.authorization_server.sweep_queries._ORGANIZATION_TOKENS": "what ended is removed for everybody",
    "polar_server.resource_server.event_queries._WAITS": "events of all organizations are dispatched",
    "polar_server.resource_server.event_queries._LIST_WAITING": "events of all organizations are dispatched",
    "polar_server.resource_server.event_queries._MARK_DISPATCHED": "events of all organizations are dispatched",
    "polar_server.resource_server.event_queries._DROP": "an event that no endpoint of its organization asked for",
    "polar_server.resource_server.event_queries._ARCHIVE": "what is old is forgotten for everybody",
    "polar_server.resource_server.event_queries._REMOVE": "what is old is removed for everybody",
    "polar_server.resources.benefit_grants.license_key_queries._OUTDATED": "keys of all follow the server key",
    "polar_server.resources.benefit_grants.review_queries._IS_DUE": "the clock brings the sales of all in line",
    "polar_server.resources.benefit_grants.review_queries._CLAIM_ONE": "the clock brings the sales of all in line",
    "polar_server.resources.benefit_grants.queries._FIND_SIGNED": "the address that names it was signed by this server",
    "polar_server.resources.checkouts.queries._FIND_BY_SECRET": "the secret names the checkout and proves it",
    "polar_server.resources.checkouts.queries._IS_ANY_OVER": "the clock ends the checkouts of all",
    "polar_server.resources.checkouts.queries._CLAIM_OVER": "the clock ends the checkouts of all",
    "polar_server.resources.files.queries._FIND_IMAGE": "everybody may see it; its id is in its address",
    "polar_server.resources.files.queries._ABANDON": "what was never finished is removed for everybody",
    "polar_server.resources.files.queries._LIST_HIDDEN": "what was deleted is removed for everybody",
    "polar_server.resources.subscriptions.due_queries._LIST_DUE": "the clock renews those of every organization",
    "polar_server.resources.webhooks.sending_queries.IS_DUE": "a delivery worker serves every organization",
    "polar_server.resources.webhooks.sending_queries.CLAIM": "a delivery worker serves every organization",
    "polar_server.dashboard.admin.queries.ORGANIZATIONS": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._FIND_ORGANIZATION": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries.APPS": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._FIND_APP": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._COUNTS": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._QUEUES": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._LIST_SENDING": "the people who run the server see everything",
    "polar_server.dashboard.admin.queries._LIST_DUE": "the people who run the server see everything",
    "polar_server.resources.webhooks.sending_queries._LIST_SECRETS": "secrets of all follow the server key",
}
"""Statements on an organization's table that rightly leave the organization open: `module.NAME`, and why."""

IMPURE = {
    "asyncio",
    "http",
    "logging",
    "multiprocessing",
    "random",
    "secrets",
    "socket",
    "ssl",
    "sqlite3",
    "subprocess",
}
PURE = sys.stdlib_module_names - IMPURE - {"threading", "time"}
"""What of the standard library the protocol may use: nothing that waits, talks or rolls dice."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of ours, or a snippet that plays one."""

    name: str
    tree: ast.Module
    is_package: bool = False

    @property
    def part(self) -> str:
        """The entry of FLOORS that this module belongs to."""
        return ".".join(self.name.split(".")[:2])

    def is_in(self, package: str) -> bool:
        return self.name == package or self.name.startswith(package + ".")

    @property
    def imports(self) -> Iterator[str]:
        """Every imported name, fully qualified: `from a import b` gives `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                source = self._absolute(node)
                yield from (f"{source}.{alias.name}" for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        package = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*package, *filter(None, [node.module])])

    @property
    def texts(self) -> Iterator[str]:
        """Every string literal that is not a docstring; what an f-string fills in is left out."""
        docstrings = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        inside = {id(part) for node in ast.walk(self.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(self.tree):
            if id(node) not in docstrings | inside and (text := _text(node)):
                yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "{}".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _modules() -> list[Module]:
    paths = sorted((SRC / "polar_server").rglob("*.py"))
    return [Module(_name(path), ast.parse(path.read_text(), str(path)), path.stem == "__init__") for path in paths]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


MODULES = _modules()


# The rules: each takes a module and gives its faults.


def upward_import(module: Module) -> Iterator[str]:
    """Imports point down; on the same floor another part's queries are open, and nothing else."""
    if module.part not in FLOORS:
        yield "has no floor: add it to FLOORS"
        return
    for name in module.imports:
        part = ".".join(name.split(".")[:2])
        if part not in FLOORS or part == module.part or name == "polar_server.__version__":
            continue
        if FLOORS[part] > FLOORS[module.part]:
            yield f"imports {name} from a floor above"
        elif FLOORS[part] == FLOORS[module.part] > 0 and not _is_queries(name):
            yield f"imports {name} from its own floor"


def resource_imports_resource(module: Module) -> Iterator[str]:
    """A resource uses those that stand before it in the line, never their endpoints; of the others the queries only."""
    if not module.is_in("polar_server.resources"):
        return
    own = _place(module.name)
    for name in module.imports:
        other = _place(name)
        if other == own or other is None or _is_queries(name):
            continue
        if "endpoints" in name.split(".") or own is None or other > own:
            yield f"imports {name}, which is no earlier resource"


def _place(name: str) -> int | None:
    """Where a module's resource stands in the line; None for what is none."""
    parts = name.split(".")
    inside = parts[:2] == ["polar_server", "resources"] and len(parts) > 2
    return LINE.index(parts[2]) if inside and parts[2] in LINE else None


def _is_queries(name: str) -> bool:
    return "queries" in name.split(".")


def foreign_import_in_oauth(module: Module) -> Iterator[str]:
    """The protocol stands on the standard library, cryptography and msgspec, and does no input or output."""
    if not module.is_in("polar_server.oauth"):
        return
    for name in module.imports:
        libraries = {"cryptography", "msgspec"}
        allowed = name.split(".")[0] in PURE | libraries or name.startswith("polar_server.oauth")
        if not allowed:
            yield f"imports {name}"


def clock_or_chance_in_oauth(module: Module) -> Iterator[str]:
    """The protocol never waits; time and randomness are its arguments."""
    if not module.is_in("polar_server.oauth"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            yield f"line {node.lineno} is asynchronous"
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
            yield f"line {node.lineno} reads the clock"
    if module.name not in RANDOMNESS_IN_OAUTH:
        yield from (f"uses {name}" for name in _names(module) & {"os.urandom", "uuid.uuid4", "uuid.uuid1"})


def _names(module: Module) -> set[str]:
    """Dotted names that are read, and names that are imported."""
    read = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    return read | set(module.imports)


def environment_outside_settings(module: Module) -> Iterator[str]:
    """One module reads the environment, so one table can document it."""
    if module.name != "polar_server.settings.reading":
        yield from (f"uses {name}" for name in _names(module) & {"os.environ", "os.getenv", "os.environb", "os.putenv"})


SQL = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+(?:AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+\w+.*\sAS\s"
    r"|(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW)\s|PRAGMA\s|BEGIN\b|COMMIT\b)",
    re.DOTALL,
)


def sql_outside_queries(module: Module) -> Iterator[str]:
    """SQL is read in one place: queries.py and the migrations."""
    if module.name.endswith("queries") or any(module.is_in(package) for package in SQL_OUTSIDE_QUERIES):
        return
    for text in module.texts:
        # Lower case counts as well; prose begins with one capital letter and does not match.
        if SQL.match(text) or (text[:20].islower() and SQL.match(text.upper())):
            yield f"holds the SQL {text[:60]!r}"


def forbidden_name(module: Module) -> Iterator[str]:
    """A name says what is inside; these say nothing."""
    yield from (
        f"is called {part}" for part in module.name.split(".") if part.strip("_").removesuffix("s") in FORBIDDEN_NAMES
    )


def long_function(module: Module) -> Iterator[str]:
    """Forty lines are the most that is read as one thought."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > 40:
                yield f"{node.name} has {length} lines"


def no_docstring(module: Module) -> Iterator[str]:
    """The first line of a module names the thing."""
    if not ast.get_docstring(module.tree):
        yield "has no docstring"


CREATE_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)\s*\((.*?)\n\)", re.DOTALL | re.IGNORECASE)


def organization_tables(migrations: str) -> frozenset[str]:
    """The tables that have a column organization_id."""
    return frozenset(
        name
        for name, columns in CREATE_TABLE.findall(migrations)
        if re.search(r"^\s*organization_id\s", columns, re.MULTILINE)
    )


ORGANIZATION_TABLES = organization_tables(
    "\n".join(path.read_text() for path in sorted(SRC.glob("polar_server/**/migrations/*.sql")))
)
TABLE = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)", re.IGNORECASE)
# Named by the caller, or the same as in a joined row. What is merely selected limits nothing.
LIMITED = re.compile(r"\borganization_id\s*(?:=|IN)\s*(?:\(?:|\w+\.organization_id\b)")


def query_without_organization(module: Module) -> Iterator[str]:
    """A statement on an organization's table says which organization: nothing of one is shown to another."""
    for name, text in _statements(module):
        tables = set(TABLE.findall(text)) & (ORGANIZATION_TABLES - set(OWNED_BY_PEOPLE))
        is_insert = re.match(r"\s*INSERT\s", text, re.IGNORECASE) and "organization_id" in text
        if (
            tables
            and not is_insert
            and not LIMITED.search(text)
            and f"{module.name}.{name}" not in QUERIED_BY_OTHER_KEYS
        ):
            yield f"{name} reads or writes {', '.join(sorted(tables))} without organization_id"


def _statements(module: Module) -> Iterator[tuple[str, str]]:
    """(variable, SQL) of every text given to Statement(...), the one for PostgreSQL included."""
    constants: dict[str, str] = {}
    for definition in module.tree.body:
        if not isinstance(definition, ast.Assign | ast.AnnAssign) or definition.value is None:
            continue
        target = definition.targets[0] if isinstance(definition, ast.Assign) else definition.target
        name = ast.unparse(target)
        constants[name] = _sql(definition.value, constants)
        for node in ast.walk(definition.value):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Statement":
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    yield name, _sql(argument, constants)


def _sql(node: ast.AST, constants: dict[str, str]) -> str:
    """A text put together from literals and the constants above it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_sql(part, constants) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _sql(node.value, constants)
    if isinstance(node, ast.BinOp):
        return _sql(node.left, constants) + _sql(node.right, constants)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        filled = {keyword.arg or "": _sql(keyword.value, constants) for keyword in node.keywords}
        return _sql(node.func.value, constants).format(**filled)
    return constants.get(node.id, "") if isinstance(node, ast.Name) else _text(node)


Rule = Callable[[Module], Iterator[str]]
RULES: dict[Rule, list[tuple[str, str]]] = {
    upward_import: [
        ("polar_server.accounts.people", "from polar_server.authorization_server import clients"),
        ("polar_server.accounts.people", "from ..authorization_server.queries import FIND_CLIENT"),
        ("polar_server.accounts.people", "import polar_server.app"),
        ("polar_server.mail.folder", "from polar_server.html import Pages"),
        ("polar_server.oauth.pkce", "from polar_server import html"),
        ("polar_server.newcomer", "import json"),
    ],
    resource_imports_resource: [
        ("polar_server.resources.products.changes", "from polar_server.resources.customers import rules"),
        ("polar_server.resources.products.changes", "from ..customers.schemas import Customer"),
        ("polar_server.resources.customers.changes", "from polar_server.resources.products.endpoints import routes"),
    ],
    foreign_import_in_oauth: [
        ("polar_server.oauth.pkce", "import litestar"),
        ("polar_server.oauth.pkce", "from polar_server import database"),
        ("polar_server.oauth.pkce", "from time import time"),
        ("polar_server.oauth.pkce", "import secrets"),
        ("polar_server.oauth.pkce", "from polar_server.settings import Settings"),
    ],
    clock_or_chance_in_oauth: [
        ("polar_server.oauth.grants", "async def redeem(): ..."),
        ("polar_server.oauth.grants", "import datetime\nnow = datetime.datetime.now()"),
        ("polar_server.oauth.grants", "import os\nnonce = os.urandom(12)"),
        ("polar_server.oauth.grants", "from os import urandom"),
    ],
    environment_outside_settings: [
        ("polar_server.app", "import os\nport = os.environ['PORT']"),
        ("polar_server.app", "from os import getenv"),
        ("polar_server.settings.fields", "import os\nname = os.environ['NAME']"),
    ],
    sql_outside_queries: [
        ("polar_server.accounts.people", "FIND = 'SELECT id FROM users WHERE id = :id'"),
        ("polar_server.accounts.people", "def f(t): return f'UPDATE {t} SET a = 1', f'DELETE FROM {t}'"),
        ("polar_server.accounts.people", "FIND = 'select id from users'"),
        ("polar_server.accounts.people", "FIND = '''\n  WITH a AS (SELECT 1) SELECT * FROM a'''"),
    ],
    forbidden_name: [("polar_server.accounts.utils", ""), ("polar_server.core.tokens", "")],
    long_function: [("polar_server.app", "def create():\n" + "    pass\n" * 40)],
    no_docstring: [("polar_server.app", "import json"), ("polar_server.app", "")],
    query_without_organization: [
        ("polar_server.accounts.queries", "LIST = Statement('SELECT user_id FROM memberships')"),
        (
            "polar_server.accounts.queries",
            "LIST = Statement('SELECT organization_id FROM memberships WHERE a = 1')",
        ),
        ("polar_server.accounts.queries", "END = Statement('DELETE FROM memberships WHERE user_id = :user_id')"),
        (
            "polar_server.accounts.queries",
            "A = Statement('SELECT 1', postgres='SELECT a FROM memberships WHERE b')",
        ),
        ("polar_server.accounts.queries", "_A = ' FROM memberships'\nA = {'a': Statement(f'SELECT role{_A}')}"),
        ("polar_server.accounts.queries", "_A = 'DELETE FROM {t}'\nA = Statement(_A.format(t='memberships'))"),
        (
            "polar_server.accounts.queries",
            "A = Statement('SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id')",
        ),
    ],
}

ALLOWED: list[tuple[Rule, str, str]] = [
    (upward_import, "polar_server.accounts.people", "from polar_server.database import Database"),
    (upward_import, "polar_server.dashboard.pages", "from polar_server.resources.products.queries import LIST"),
    (resource_imports_resource, "polar_server.resources.products.rules", "from ..customers.queries import FIND"),
    (resource_imports_resource, "polar_server.resources.customers.rules", "from ..products.schemas import Product"),
    (foreign_import_in_oauth, "polar_server.oauth.keys", "from cryptography import x509\nfrom .tokens import mint"),
    (clock_or_chance_in_oauth, "polar_server.oauth.grants", "def redeem(now: int): return now + 1"),
    (environment_outside_settings, "polar_server.settings.reading", "import os\nname = os.environ['NAME']"),
    (sql_outside_queries, "polar_server.accounts.queries", "FIND = 'SELECT id FROM users'"),
    (sql_outside_queries, "polar_server.accounts.pages", "TEXT = 'Select one from the list.'"),
    (query_without_organization, "polar_server.accounts.queries", "ALL = Statement('SELECT id FROM users')"),
    (query_without_organization, "polar_server.accounts.queries", "A = Statement('SELECT id FROM grants')"),
    (
        query_without_organization,
        "polar_server.accounts.queries",
        "ALL = Statement('SELECT user_id FROM memberships WHERE organization_id = :organization_id')",
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule) -> None:
    """No module of the server breaks the rule."""
    assert [f"{module.name} {fault}" for module in MODULES for fault in rule(module)] == []


FORBIDDEN = [(rule, name, text) for rule, cases in RULES.items() for name, text in cases]


def _ids(cases: list[tuple[Rule, str, str]]) -> list[str]:
    return [f"{rule.__name__}-{text.splitlines()[-1][:40] if text else name}" for rule, name, text in cases]


@pytest.mark.parametrize("rule,name,text", FORBIDDEN, ids=_ids(FORBIDDEN))
def test_rule_finds_a_fault(rule: Rule, name: str, text: str) -> None:
    """The rule finds what it forbids."""
    assert list(rule(Module(name, ast.parse(text))))


@pytest.mark.parametrize("rule,name,text", ALLOWED, ids=_ids(ALLOWED))
def test_rule_leaves_the_rest_alone(rule: Rule, name: str, text: str) -> None:
    """The rule does not mistake what is allowed for a fault."""
    assert list(rule(Module(name, ast.parse(text)))) == []


@pytest.mark.parametrize(
    "name,is_package,text,imported",
    [
        ("polar_server.oauth.grants", False, "from . import tokens", "polar_server.oauth.tokens"),
        ("polar_server.oauth", True, "from . import tokens", "polar_server.oauth.tokens"),
        ("polar_server.oauth.grants", False, "from ..html.pages import Pages", "polar_server.html.pages.Pages"),
        ("polar_server.oauth.grants", False, "import json", "json"),
    ],
)
def test_imports_are_read_in_full(name: str, is_package: bool, text: str, imported: str) -> None:
    """A relative import is followed from its module, or from its package."""
    assert list(Module(name, ast.parse(text), is_package).imports) == [imported]


def test_every_resource_of_the_line_has_its_routes() -> None:
    """The application has the routes of each resource, and of no other, in the same order."""
    assert list(RESOURCES) == LINE


def test_organization_tables_are_found_in_migrations() -> None:
    """The tables of organizations are read from the migrations, so that a new one cannot be forgotten."""
    text = "CREATE TABLE a (\n  id TEXT,\n  organization_id TEXT NOT NULL\n);\nCREATE TABLE b (\n  id TEXT\n);"
    assert organization_tables(text) == {"a"}
    assert "memberships" in ORGANIZATION_TABLES


MADE_ON_DEMAND: dict[str, list[tuple[object, ...]]] = {
    "polar_server.resources.benefits.queries._list": [("b.id",)],
    "polar_server.resources.products.list_queries._count": [(("organization_id",),), (("organization_ids",),)],
    "polar_server.resources.products.list_queries._list": [
        ("p.id", ("organization_id", "is_archived")),
        ("p.id", ("organization_ids", "query")),
    ],
}
"""Functions that make statements when they are asked, and examples of what they are asked."""
_BY_THE_CALLER = r"\s*(?:=|IN)\s*(?:[:$(]|ANY\b|[gr]\.organization_id\b)"
# By the caller, by the grant `g` of a token, or by what metrics are asked for, `r`; equal to that of another row is not
# enough. Where organizations themselves are read, their own id says it.
SAID = re.compile(rf"\borganization_id{_BY_THE_CALLER}|organizations o\b.*\bo\.id{_BY_THE_CALLER}", re.DOTALL)


def made_statements() -> Iterator[tuple[set[str], Statement]]:
    """Every statement as it runs, however it was put together, with the names that it has."""
    found: dict[int, tuple[set[str], Statement]] = {}
    for module in MODULES:
        if module.name.endswith("queries"):
            for name, value in vars(importlib.import_module(module.name)).items():
                for statement in _made(f"{module.name}.{name}", value):
                    found.setdefault(id(statement), (set(), statement))[0].add(f"{module.name}.{name}")
    yield from found.values()


def _made(name: str, value: object) -> list[Statement]:
    if isinstance(value, Statement):
        return [value]
    if isinstance(value, Listing):
        return [value.count, value.page("1")]
    if isinstance(value, dict | list | tuple):
        inside = value.values() if isinstance(value, dict) else value
        return [statement for each in inside for statement in _made(name, each)]
    if hasattr(value, "cache_info"):
        return [value(*asked) for asked in MADE_ON_DEMAND[name]]  # type: ignore[operator]
    return []


def test_every_statement_as_it_runs_says_which_organization() -> None:
    """Also those that are put together of parts, or made when a list is asked for: on both engines."""
    ours = ORGANIZATION_TABLES - set(OWNED_BY_PEOPLE)
    open_ones = [
        (sorted(names), text)
        for names, statement in made_statements()
        for text in (statement.sqlite, statement.postgres)
        if set(TABLE.findall(text)) & ours
        and not (re.match(r"\s*INSERT\s", text, re.IGNORECASE) and "organization_id" in text)
        and not SAID.search(text)
        and not names & set(QUERIED_BY_OTHER_KEYS)
    ]
    assert open_ones == []
    assert sum(1 for _ in made_statements()) > 300


def test_exceptions_are_needed() -> None:
    """An exception that no statement needs any more is taken out."""
    names = {f"{module.name}.{name}" for module in MODULES for name, _ in _statements(module)}
    names |= {name for made, _ in made_statements() for name in made}
    assert set(QUERIED_BY_OTHER_KEYS) <= names
    assert set(OWNED_BY_PEOPLE) <= ORGANIZATION_TABLES
    assert set(RANDOMNESS_IN_OAUTH) | set(SQL_OUTSIDE_QUERIES) <= {module.name for module in MODULES}
