"""Everything around one running server: people, organizations and applications, made when a case first needs them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

from tests.attacks import apps, people
from tests.attacks.apps import App
from tests.attacks.canary import Canary
from tests.attacks.outbox import Outbox
from tests.attacks.people import Person
from tests.attacks.receiver import Receiver
from tests.attacks.server import ISSUER, Server
from tests.attacks.shops import Shop, Stock, open_shop, stock
from tests.attacks.store import Store

from polar_server import settings as configuration
from polar_server.oauth.keys import SigningKey
from polar_server.oauth.server_keys import ServerKeys

_MANY = "1000000"
STRICT_LIMIT = 20
"""What the strict server lets anybody do in an hour."""


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization as people know it."""

    id: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What a server can reach: one receiver that it may call, and a canary wherever it may not."""

    canary: Canary
    receiver: Receiver


class World:
    """A server with what a case may take for granted. Closing it stops the server."""

    def __init__(self, folder: Path, database_url: str, *, workers: int, log_format: str, outside: Outside) -> None:
        self.canary, self.receiver = outside.canary, outside.receiver
        self.store = Store(database_url)
        self.outbox = Outbox(folder / "data" / "mail")
        server_key = configuration.new_server_key()
        settings = {
            "POLAR_ISSUER": ISSUER,
            "POLAR_ENVIRONMENT": "production",
            "POLAR_DATA_DIR": str(folder / "data"),
            "POLAR_DATABASE_URL": database_url,
            "POLAR_SERVER_KEY": server_key,
            "POLAR_LOG_FORMAT": log_format,
            # The page is there, so that a stranger can be kept out of it.
            "POLAR_METRICS_TOKEN": secrets.token_hex(),
            # One address makes every request of the corpus; the limit of an account stays as it is.
            "POLAR_REGISTRATION_QUOTA": _MANY,
            "POLAR_GUESSES_PER_ADDRESS": _MANY,
            "POLAR_MAILS_PER_ADDRESS": _MANY,
            "POLAR_RATE_LIMIT_FAILED_AUTHENTICATION": _MANY,
        }
        loaded = configuration.load(settings)
        self.server_keys = ServerKeys(loaded.server_keys())
        self._variables = settings | self.canary.variables | self.receiver.variables
        self.server = Server(folder, self._variables, workers)
        self._shops = count(1)
        self.stock_b_at_first: list[bytes] = []
        """What its owner saw of the things of Bob's organization when they were new."""
        self._made: dict[str, dict[str, str]] = {}

    def open(self) -> None:
        """Make the tables, rotate the first signing keys at once, and start."""
        self.server.run("migrate")
        self.server.run("keys", "rotate", POLAR_KEY_PUBLISH_AHEAD="0")
        self.server.start()

    def close(self) -> None:
        self.server.stop()
        if "strict_server" in self.__dict__:
            self.strict_server.stop()

    @cached_property
    def strict_server(self) -> Server:
        """A server of the same database with low limits, called from an address that did nothing wrong yet."""
        folder, limit = self.server.folder / "strict", str(STRICT_LIMIT)
        folder.mkdir()
        limits = {"POLAR_RATE_LIMIT_USER": limit, "POLAR_GUESSES_PER_ADDRESS": limit, "POLAR_WORKER": "false"}
        server = Server(folder, {**self._variables, "POLAR_DATA_DIR": str(folder), **limits}, 1, "127.0.0.9")
        server.start()
        return server

    def once(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Values of a state that several cases share: it is brought about once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @cached_property
    def signing_keys(self) -> list[SigningKey]:
        """The signing keys of the server: of each algorithm the retired one and the present one."""
        return self.store.signing_keys(self.server_keys)

    @cached_property
    def ada(self) -> Person:
        """The person who is attacked: signed in, and with the app and for the organization she allowed it for."""
        email, password = "ada@example.com", f"Ada has {secrets.token_hex(8)}"
        self.server.run("user", "create", "--email", email, "--password", password, "--name", "Ada", "--verified")
        return people.sign_in(self.server, email, password)

    @cached_property
    def bob(self) -> Person:
        """Somebody else."""
        return people.sign_up(self.server, self.outbox, "Bob")

    def somebody(self) -> Person:
        """A new person, for a case that uses them up."""
        return people.sign_up(self.server, self.outbox, "Carol")

    @cached_property
    def org_a(self) -> Organization:
        """Ada's organization."""
        options = ("--slug", "aurora", "--name", "Aurora Records", "--owner", self.ada.email)
        made = self.server.run("organization", "create", *options)
        return Organization(made["id"], made["slug"], made["name"])

    @cached_property
    def org_b(self) -> Organization:
        """Bob's organization, which Ada does not belong to."""
        return self.organization_of(self.bob, "basalt", "Basalt Foundry")

    @cached_property
    def org_b_member(self) -> Organization:
        """Another one of Bob's, which Ada belongs to."""
        return self.joint_organization("cedar", "Cedar Cooperative")

    def joint_organization(self, slug: str, name: str) -> Organization:
        """A new organization of Bob's with Ada as a member."""
        organization = self.organization_of(self.bob, slug, name)
        self.server.run("organization", "add-member", slug, self.ada.email)
        return organization

    def organization_of(self, owner: Person, slug: str, name: str) -> Organization:
        """Make an organization on the page."""
        owner.browser.open("/dashboard/organizations")
        answer = owner.browser.submit_to("/dashboard/organizations", slug=slug, name=name)
        assert answer.status == 303, answer.text
        row = self.store.find("SELECT id FROM organizations WHERE slug = :slug", slug=slug)
        assert row is not None, "it was just made"
        return Organization(row["id"], slug, name)

    @cached_property
    def client_a(self) -> App:
        """The confidential client."""
        return apps.create(self.server, self.client_a_name, "https://app.example/callback", "--scope", apps.SCOPE)

    client_a_name = "Ledger of A"

    @cached_property
    def client_b(self) -> App:
        """Another confidential client."""
        return apps.create(self.server, "Ledger of B", "https://clientb.example/cb", "--scope", apps.SCOPE)

    @cached_property
    def public_client(self) -> App:
        """A client without a secret, on a web page."""
        return apps.create(self.server, "Public page", "https://public.example/cb", "--public")

    @cached_property
    def native_client(self) -> App:
        """A client without a secret, on the person's machine."""
        return apps.create(self.server, "Native app", "http://127.0.0.1/callback", "--public")

    @cached_property
    def client_without_pkce(self) -> App:
        """A confidential client that an operator lets leave PKCE out."""
        return apps.create(self.server, "Old app", "https://app.example/callback", "--no-pkce")

    @cached_property
    def shop_app(self) -> App:
        """An app that may ask for everything."""
        return apps.create(self.server, "Shop assistant", "https://app.example/callback")

    @cached_property
    def stock_a(self) -> Stock:
        """Things of Ada's organization."""
        return self._stock(self.ada, self.org_a)

    @cached_property
    def stock_b(self) -> Stock:
        """Things of Bob's, which are none of Ada's business."""
        made = self._stock(self.bob, self.org_b)
        self.stock_b_at_first = [answer.body for answer in made.seen()]
        return made

    def new_shop(self) -> Shop:
        """An organization of Ada's that nothing has happened to yet."""
        number = next(self._shops)
        organization = self.organization_of(self.ada, f"stall-{number}", f"Stall {number}")
        return open_shop(self.server, self.ada, self.shop_app, organization.id)

    def _stock(self, owner: Person, organization: Organization) -> Stock:
        shop = open_shop(self.server, owner, self.shop_app, organization.id)
        return stock(shop, f"{organization.slug}-{secrets.token_hex(4)}")

    def tokens(self, app: App, person: Person, **params: str) -> dict[str, str]:
        """The token response of a fresh flow."""
        return apps.obtain_tokens(self.server, person.browser, app, **params)

    def ada_consented(self) -> None:
        """Let Ada allow client A, now or earlier: without a page the server would answer with a code at once."""
        self.once("ada consented", lambda: self.tokens(self.client_a, self.ada))
