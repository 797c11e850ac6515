"""The dashboard as people see it: somebody signed in, their organization, and a stranger with another one."""

import re
from dataclasses import dataclass
from html import unescape

import httpx
import pytest
from tests.world import Api, Browser, World, made_keys, settings, token_of, world

from polar_server.accounts.roles import Role

__all__ = ["made_keys", "settings", "world"]

_ERROR = re.compile(r'<p class="error" id="([a-z_-]+)-error">([^<]*)</p>')
_NOTICE = re.compile(r'class="notice (?:bad|good|warn)?" role="(?:alert|status)">.*?<div>([^<]*)', re.DOTALL)


@dataclass
class Desk:
    """Somebody at the dashboard of one organization; `api` calls with a token of the same."""

    browser: Browser
    slug: str
    organization_id: str
    user_id: str
    api: Api

    def path(self, *parts: str) -> str:
        return "/".join(["/dashboard", self.slug, *parts])

    async def open(self, *parts: str) -> httpx.Response:
        return await self.browser.open(self.path(*parts))

    async def post(self, page: str, action: str | None = None, **typed: str) -> httpx.Response:
        """Open a page of the organization and send the form on it that goes to `action`, or to the page itself."""
        await self.open(page)
        return await self.browser.submit(self.path(page if action is None else action), **typed)

    @property
    def errors(self) -> dict[str, str]:
        """The sentences at the fields of the present page."""
        return {name: unescape(text) for name, text in _ERROR.findall(self.browser.page.text)}

    @property
    def notices(self) -> list[str]:
        """The sentences above the forms of the present page."""
        return [unescape(text).strip() for text in _NOTICE.findall(self.browser.page.text)]


async def desk_of(world: World, email: str, slug: str) -> Desk:
    """A person at the dashboard of an organization of their own."""
    user_id = await world.person(email)
    organization_id = await world.organization(slug, user_id)
    api = await token_of(world, user_id, organization_id)
    return Desk(await world.browser(user_id), slug, organization_id, user_id, api)


@pytest.fixture
async def desk(world: World) -> Desk:
    return await desk_of(world, "owner@example.com", "lighthouse")


@pytest.fixture
async def stranger_desk(world: World) -> Desk:
    return await desk_of(world, "stranger@example.com", "elsewhere")


@pytest.fixture
async def member_desk(world: World, desk: Desk) -> Desk:
    """A member of the same organization who manages nothing."""
    user_id = await world.person("member@example.com")
    await world.join(desk.organization_id, user_id, Role.MEMBER)
    return Desk(await world.browser(user_id), desk.slug, desk.organization_id, user_id, desk.api)
