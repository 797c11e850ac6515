"""Rows for the work ahead: people, clients, grants, and as many codes and tokens as will be asked for.

They are copied into the tables past the server, in its own form, so that millions take minutes.
"""

import asyncio
import base64
import os
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import asyncpg

from bench import catalogs, sales
from bench.catalogs import Catalog
from bench.clusters import Cluster
from bench.sales import Shops
from polar_server.database import Row
from polar_server.oauth import pkce, subjects, tokens
from polar_server.oauth.clients import secret_digest
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType
from polar_server.oauth.tokens import Token, TokenKind
from polar_server.resources.checkouts import client_secrets

REDIRECT_URI = "https://app.example/callback"
SCOPE = "openid profile email products:read"
NONCE = "n-0S6_WzA2Mj"
PEOPLE = 1_000
_SELLERS = 100
"""People whose organizations are asked for their products, and sell them."""
_DAY = 86_400

_USERS = ("users", ("id", "email", "name", "picture", "email_verified_at", "created_at", "modified_at"))
_ORGANIZATIONS = ("organizations", ("id", "slug", "name", "created_at", "modified_at"))
_MEMBERSHIPS = ("memberships", ("id", "organization_id", "user_id", "role", "created_at"))
_CLIENTS = (
    "clients",
    (
        *("client_id", "name", "auth_method", "grant_types", "redirect_uris", "scope", "default_sub_type"),
        *("id_token_alg", "require_pkce", "is_resource_server", "is_anonymous"),
        *("secret_digest", "secret_key_id", "created_at"),
    ),
)
_GRANTS = (
    "grants",
    ("id", "client_id", "user_id", "sub_type", "organization_id", "membership_id", "scope", "created_at"),
)
_CODES = (
    "authorization_codes",
    ("id", "digest", "key_id", "grant_id", "redirect_uri", "code_challenge", "nonce", "auth_time", "expires_at"),
)
_ACCESS_TOKENS = ("access_tokens", ("id", "digest", "key_id", "grant_id", "scope", "created_at", "expires_at"))
_REFRESH_TOKENS = ("refresh_tokens", ("id", "digest", "key_id", "grant_id", "auth_time", "created_at"))

Table = tuple[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class SeededClient:
    """A confidential client and its secret."""

    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that waits for its verifier."""

    code: str
    verifier: str


class Seeder:
    """Seeds one database. Everything it makes is a minute old and lives for a day.

    `people` are the ids of those who are there already.
    """

    def __init__(
        self, cluster: Cluster, server_keys: ServerKeys, sub_type: SubjectType, people: list[str] | None = None
    ) -> None:
        self._cluster, self._keys, self._sub_type = cluster, server_keys, sub_type
        self._now = int(time.time()) - 60
        self._people = people or [str(uuid.uuid4()) for _ in range(PEOPLE)]
        self._organizations = [str(uuid.uuid4()) for _ in range(PEOPLE)]
        self._next_ms = self._now * 1000

    def people(self) -> None:
        """People, each the owner of an organization."""
        now, both = self._now, list(enumerate(zip(self._people, self._organizations, strict=True)))
        names = ((p, f"person{n}@example.org", f"Person {n}", None, now, now, now) for n, (p, _) in both)
        self._copy(_USERS, names)
        self._copy(_ORGANIZATIONS, ((o, f"organization-{n}", f"Organization {n}", now, now) for n, (_, o) in both))
        self._copy(_MEMBERSHIPS, ((_membership_id(o, p), o, p, "owner", now) for _, (p, o) in both))

    def client(self, id_token_alg: str) -> SeededClient:
        """A confidential client whose ID tokens are signed with this algorithm."""
        client_id, secret = self._mint(TokenKind.CLIENT_ID).text, self._mint(TokenKind.CLIENT_SECRET).text
        digest = secret_digest(client_id, secret, self._keys)
        metadata = ("authorization_code refresh_token", f'["{REDIRECT_URI}"]', SCOPE, self._sub_type.value)
        flags = (True, False, False)
        secrets = (digest, self._keys.key_id)
        row = (client_id, "Benchmark", "client_secret_basic", *metadata, id_token_alg, *flags, *secrets, self._now)
        self._copy(_CLIENTS, [row])
        return SeededClient(client_id, secret)

    def codes(self, client: SeededClient, count: int) -> list[Code]:
        """Authorization codes, each of a grant of its own."""
        minted = [self._mint(TokenKind.AUTHORIZATION_CODE) for _ in range(count)]
        verifiers = [base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode() for _ in range(count)]
        grants = self._grants(client, count)
        self._copy(_CODES, self._code_rows(minted, verifiers, grants))
        return [Code(token.text, verifier) for token, verifier in zip(minted, verifiers, strict=True)]

    def products(self, count: int) -> None:
        """A catalogue over all organizations."""
        sellers, others = self._organizations[:_SELLERS], self._organizations[_SELLERS:]
        catalog = Catalog(count, sellers, others, self._now)
        self._copy(catalogs.PRODUCTS, catalog.products())
        self._copy(catalogs.PRICES, catalog.prices())
        self._copy(catalogs.BENEFITS, catalog.benefits())
        self._copy(catalogs.PRODUCT_BENEFITS, catalog.product_benefits())

    def checkouts(self, count: int, *, renews: bool) -> list[str]:
        """The secrets of open checkouts, for something bought once or a subscription, in organizations by turns."""
        shops = Shops(self._organizations[:_SELLERS], self._now, renews=renews)
        self._copy(catalogs.PRODUCTS, shops.products())
        self._copy(catalogs.PRICES, shops.prices())
        self._copy(catalogs.BENEFITS, shops.benefits())
        self._copy(catalogs.PRODUCT_BENEFITS, shops.product_benefits())
        ids = [tokens.new_id(self._tick(), os.urandom(tokens.ID_BYTES)) for _ in range(count)]
        self._copy(sales.CHECKOUTS, shops.checkouts(ids, self._keys.key_id))
        rows = ({"secret_id": each, "key_id": self._keys.key_id} for each in ids)
        return [client_secrets.secret_of(cast("Row", row), self._keys) for row in rows]

    def sellers_tokens(self, client: SeededClient, count: int) -> list[str]:
        """Access tokens for the organizations that are asked for their products."""
        return self.access_tokens(client, count, _SELLERS)

    def access_tokens(self, client: SeededClient, count: int, people: int = PEOPLE) -> list[str]:
        """Access tokens, each of a grant of its own, of so many people."""
        minted, grants = self._minted(subjects.ACCESS_TOKEN_KINDS, count), self._grants(client, count, people)
        self._copy(
            _ACCESS_TOKENS,
            (
                (*self._kept(token), grant, SCOPE, self._now, self._now + _DAY)
                for token, grant in zip(minted, grants, strict=True)
            ),
        )
        return [token.text for token in minted]

    def refresh_tokens(self, client: SeededClient, count: int) -> list[str]:
        """Refresh tokens, each of a grant of its own."""
        minted, grants = self._minted(subjects.REFRESH_TOKEN_KINDS, count), self._grants(client, count)
        rows = ((*self._kept(token), grant, self._now, self._now) for token, grant in zip(minted, grants, strict=True))
        self._copy(_REFRESH_TOKENS, rows)
        return [token.text for token in minted]

    def _grants(self, client: SeededClient, count: int, people: int = PEOPLE) -> list[str]:
        ids = [tokens.new_id(self._tick(), os.urandom(tokens.ID_BYTES)) for _ in range(count)]
        self._copy(_GRANTS, (self._grant_row(client, number % people, each) for number, each in enumerate(ids)))
        return ids

    def _grant_row(self, client: SeededClient, place: int, grant_id: str) -> tuple[Any, ...]:
        subject: tuple[Any, ...] = (self._people[place], self._sub_type.value, None, None)
        if self._sub_type is SubjectType.ORGANIZATION:
            organization = self._organizations[place]
            subject = (*subject[:2], organization, _membership_id(organization, self._people[place]))
        return (grant_id, client.client_id, *subject, SCOPE, self._now)

    def _code_rows(self, minted: list[Token], verifiers: list[str], grants: list[str]) -> Iterator[tuple[Any, ...]]:
        for token, verifier, grant in zip(minted, verifiers, grants, strict=True):
            challenge = pkce.s256(verifier).decode()
            yield (*self._kept(token), grant, REDIRECT_URI, challenge, NONCE, self._now, self._now + _DAY)

    def _minted(self, kinds: dict[SubjectType, TokenKind], count: int) -> list[Token]:
        return [self._mint(kinds[self._sub_type]) for _ in range(count)]

    def _mint(self, kind: TokenKind) -> Token:
        return tokens.mint(kind, self._tick(), os.urandom(tokens.ENTROPY_BYTES))

    def _tick(self) -> int:
        """A millisecond later: ids are in the order of their rows, as in a server's life."""
        self._next_ms += 1
        return self._next_ms

    def _kept(self, token: Token) -> tuple[str, str, str]:
        return token.id, self._keys.digest(token.text), self._keys.key_id

    def _copy(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        if self._cluster.engine == "postgres":
            asyncio.run(_copy_to_postgres(self._cluster.url, table, rows))
        else:
            _copy_to_sqlite(self._cluster.url.removeprefix("sqlite:///"), table, rows)


def _membership_id(organization_id: str, user_id: str) -> str:
    return f"{organization_id} {user_id}"


def _copy_to_sqlite(path: str, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    name, columns = table
    places = ", ".join("?" * len(columns))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", rows)


async def _copy_to_postgres(url: str, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    name, columns = table
    connection = await asyncpg.connect(url)
    await connection.copy_records_to_table(name, columns=columns, records=rows)
    # What a bulk load leaves to be done would be done, and counted, while requests are measured.
    await connection.execute(f"VACUUM (ANALYZE, FREEZE) {name}")
    await connection.execute("CHECKPOINT")
    await connection.close()
