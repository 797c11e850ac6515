"""Ending an app or a membership while its tokens are used: nothing works once the change was answered."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from tests.servers import Server
from tests.visitors import Forms, Visitor

from polar_server.accounts.organizations import Organization
from polar_server.accounts.people import Person
from polar_server.authorization_server import consent_queries
from polar_server.oauth.subjects import Subject, SubjectType

from .apps import App, Pair, pair_of
from .conftest import Crowd, Tell
from .lines import Line, post

_ROUNDS = 40
_USERS = 10
"""Connections that use a token on and on; one more refreshes it."""


@dataclass
class Use:
    """What the users of one grant saw. Times are of this process, which also sees when the change is answered."""

    app: App
    pairs: list[Pair]
    ended: bool = False
    worked: list[float] = field(default_factory=list)
    """When each of the successful requests was sent."""

    async def go_on(self, line: Line, seeded: random.Random) -> None:
        """Use the tokens until told to stop."""
        while not self.ended:
            token = seeded.choice(self.pairs).access_token
            sent = time.monotonic()
            if seeded.random() < 0.5:
                worked = (await line.ask(self.app.use(token))).status == 200
            else:
                worked = await self.app.is_active(line, token)
            self.worked += [sent] * worked

    async def refresh(self, line: Line) -> None:
        """Refresh the youngest token until told to stop."""
        while not self.ended:
            sent = time.monotonic()
            answer = await line.ask(self.app.refresh(self.pairs[-1].refresh_token))
            if answer.status == 200:
                self.pairs.append(pair_of(answer))
                self.worked.append(sent)
            else:
                assert answer.is_invalid_grant


@dataclass
class Ending:
    """A change that a person makes on a page: how to prepare a grant for it, and its request."""

    code: Callable[[], str]
    request: bytes


@pytest.fixture
def person(crowd: Crowd) -> Person:
    """Somebody who allows the app, for themselves or for their organization."""
    return crowd.server.person()


@pytest.fixture
def owner(crowd: Crowd) -> Person:
    return crowd.server.person()


@pytest.fixture
def organization(crowd: Crowd, owner: Person) -> Organization:
    return crowd.server.organization(owner)


@pytest.fixture
def app_ending(crowd: Crowd, person: Person) -> Ending:
    """The person ends the app."""
    subject, app_id = Subject(SubjectType.USER, person.id, None), f"{crowd.app.client_id}."
    # Only an app on the page has a form.
    crowd.server.write(
        lambda transaction: consent_queries.save_consent(
            transaction, crowd.app.client_id, subject, "openid", int(time.time())
        )
    )
    request = _form(crowd.server, person, "/account/apps", "/account/apps", app_id=app_id)
    return Ending(lambda: crowd.app.codes(1, person.id)[0], request)


@pytest.fixture
def membership_ending(crowd: Crowd, person: Person, owner: Person, organization: Organization) -> Ending:
    """The owner of the organization removes the person."""
    page = f"/dashboard/{organization.slug}/members"

    def join() -> str:
        crowd.server.member(organization, person)
        return crowd.app.codes(1, person.id, organization.id)[0]

    join()
    return Ending(join, _form(crowd.server, owner, page, f"{page}/remove", user_id=person.id))


@pytest.mark.parametrize("change", ["app", "membership"])
async def test_nothing_works_after_the_answer(
    change: str, crowd: Crowd, request: pytest.FixtureRequest, seeded: random.Random, tell: Tell
) -> None:
    """Of the requests sent after the change was answered none works, and no token is active."""
    ending: Ending = request.getfixturevalue(f"{change}_ending")
    early = late = alive = looked_at = 0
    for _ in range(_ROUNDS):
        code = ending.code()
        await crowd.gather()
        use = Use(crowd.app, [await crowd.app.pair(crowd.asker, code)])
        answered = await _end_under_use(crowd, use, ending.request, seeded)
        early += sum(sent < answered for sent in use.worked)
        late += sum(sent >= answered for sent in use.worked)
        given = [token for pair in use.pairs for token in (pair.access_token, pair.refresh_token)]
        alive += len(await crowd.app.active(crowd.asker, *given))
        looked_at += len(given)
        assert (await crowd.asker.ask(crowd.app.refresh(use.pairs[-1].refresh_token))).is_invalid_grant
    tell(f"{_ROUNDS} x; {early} uses before; {late} after; {alive} of {looked_at} tokens alive; {crowd.where()}")
    assert early >= _ROUNDS
    assert late == 0
    assert alive == 0


async def _end_under_use(crowd: Crowd, use: Use, request: bytes, seeded: random.Random) -> float:
    """When the change was answered; the users went on for a while."""
    ending, refreshing, *using = seeded.sample(crowd.lines, _USERS + 2)
    users = [asyncio.ensure_future(use.refresh(refreshing))]
    users += [asyncio.ensure_future(use.go_on(line, seeded)) for line in using]
    await asyncio.sleep(seeded.uniform(0.01, 0.05))
    answer = await ending.ask(request)
    answered = time.monotonic()
    assert answer.status == 303, answer
    await asyncio.sleep(0.02)
    use.ended = True
    await asyncio.gather(*users)
    return answered


def _form(server: Server, person: Person, page: str, action: str, **typed: str) -> bytes:
    """The request that submits the form of a page, as the person's browser sends it. It can be sent again."""
    with Visitor(server) as visitor:
        visitor.sign_in(person.email)
        visitor.open(page)
        form = next(form for form in Forms(visitor.page.text).found if urlsplit(form.action).path == action)
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    return post(form.action, {**form.fields, **typed}, cookie=cookies)
