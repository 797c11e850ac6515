"""The pages of the dashboard, one after the other: each area walks through its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Page
from tests.servers import PASSWORD, Server

from polar_server.accounts.organizations import Organization
from polar_server.accounts.people import Person

from . import shops
from .areas import (
    activity,
    admin,
    apps,
    benefits,
    checkouts,
    customers,
    files,
    metrics,
    orders,
    overview,
    products,
    settings,
    subscriptions,
    tokens,
    webhooks,
)
from .shops import Shop
from .steps import fill_in_sign_in

AREAS = (
    overview,
    products,
    checkouts,
    orders,
    subscriptions,
    customers,
    webhooks,
    activity,
    tokens,
    apps,
    benefits,
    files,
    metrics,
    settings,
    admin,
)
"""In the order of the menu. The organization fills up on the way, and begins empty."""


@dataclass(frozen=True)
class Room:
    """Somebody's organization with an empty shop."""

    server: Server
    site: str
    person: Person
    organization: Organization
    shop: Shop

    def url(self, *parts: str) -> str:
        """The address of a page within the organization."""
        return "/".join([self.server.issuer, "dashboard", self.organization.slug, *parts])


def room(server: Server, site: str) -> Room:
    """Somebody, and their organization."""
    person = server.person(name="Ada Lovelace")
    organization = server.organization(person, "Lighthouse Records")
    return Room(server, site, person, organization, shops.opened(server, site, person, organization))


def enter(page: Page, room: Room) -> None:
    """Sign in."""
    page.goto(f"{room.server.issuer}/sign-in")
    with page.expect_navigation():
        fill_in_sign_in(page, room.person.email, PASSWORD)


def walk(page: Page, room: Room) -> Iterator[str]:
    """Open page after page; gives the name of each when it is there."""
    enter(page, room)
    for area in AREAS:
        yield from area.walk(page, room)
