"""Races over real connections to all workers of a server, released by one barrier.

The figures are printed. A zero says how many tries it is a zero of.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from .apps import Pair, pair_of
from .conftest import Crowd, Tell
from .lines import Answer, at_once


@dataclass
class Tally:
    """What all the answers of a test came to."""

    answers: Counter[str] = field(default_factory=Counter)
    alive: int = 0
    looked_at: int = 0

    def add(self, answers: list[Answer]) -> list[Pair]:
        """Count the answers of one race; gives the successful ones."""
        for answer in answers:
            name = "success" if answer.status == 200 else f"{answer.status} {answer.json.get('error')}"
            self.answers[name] += 1
        return [pair_of(answer) for answer in answers if answer.status == 200]

    async def look(self, crowd: Crowd, *pairs: Pair) -> None:
        """Ask about these tokens, and count the active ones."""
        for pair in pairs:
            self.alive += len(await crowd.app.active(crowd.asker, pair.access_token, pair.refresh_token))
            self.looked_at += 2

    def __str__(self) -> str:
        return f"{dict(self.answers)}; {self.alive} of {self.looked_at} tokens alive"


async def test_a_code_is_redeemed_once(crowd: Crowd, person_id: str, tell: Tell) -> None:
    """Of all who redeem a code at the same moment one succeeds; the others get invalid_grant, and its tokens die."""
    tally, size = Tally(), len(crowd.lines)
    for code in crowd.app.codes(crowd.times, person_id):
        await crowd.gather()
        pairs = tally.add(await at_once(crowd.lines, [crowd.app.redeem(code)] * size))
        await tally.look(crowd, *pairs)
    tell(f"{crowd.times} codes x {size}; {tally}; {crowd.where()}")
    assert tally.answers == {"success": crowd.times, "400 invalid_grant": crowd.times * (size - 1)}
    assert tally.looked_at == 2 * crowd.times
    assert tally.alive == 0


async def test_a_refresh_token_has_one_successor(crowd: Crowd, person_id: str, tell: Tell) -> None:
    """Within the grace period all who refresh at the same moment get the same pair; a later reuse ends it."""
    first, reused, size = Tally(), Tally(), len(crowd.lines)
    for code in crowd.app.codes(crowd.times, person_id):
        await crowd.gather()
        parent = await crowd.app.pair(crowd.asker, code)
        successors = set(first.add(await at_once(crowd.lines, [crowd.app.refresh(parent.refresh_token)] * size)))
        assert len(successors) == 1
        await first.look(crowd, *successors)
        youngest = await crowd.asker.ask(crowd.app.refresh(successors.pop().refresh_token))
        assert (await crowd.asker.ask(crowd.app.refresh(parent.refresh_token))).is_invalid_grant
        await reused.look(crowd, parent, pair_of(youngest))
    tell(f"{crowd.times} refresh tokens x {size}; {first}; after reuse {reused}; {crowd.where()}")
    assert first.answers == {"success": crowd.times * size}
    assert first.alive == first.looked_at == 2 * crowd.times
    assert reused.alive == 0


async def test_without_grace_a_refresh_token_works_once(strict_crowd: Crowd, strict_person_id: str, tell: Tell) -> None:
    """Without a grace period one of those who refresh at the same moment succeeds, and the others end its pair."""
    crowd, tally, size = strict_crowd, Tally(), len(strict_crowd.lines)
    for code in crowd.app.codes(crowd.times, strict_person_id):
        await crowd.gather()
        parent = await crowd.app.pair(crowd.asker, code)
        pairs = tally.add(await at_once(crowd.lines, [crowd.app.refresh(parent.refresh_token)] * size))
        assert len(pairs) == 1
        await tally.look(crowd, parent, *pairs)
    tell(f"{crowd.times} refresh tokens x {size}; {tally}; {crowd.where()}")
    assert tally.answers == {"success": crowd.times, "400 invalid_grant": crowd.times * (size - 1)}
    assert tally.alive == 0


async def test_nothing_survives_a_revocation(crowd: Crowd, person_id: str, seeded: random.Random, tell: Tell) -> None:
    """When a token is refreshed by many and revoked at the same moment, nothing of it is active afterwards."""
    tally, mixed = Tally(), 0
    for code in crowd.app.codes(crowd.times, person_id):
        await crowd.gather()
        parent = await crowd.app.pair(crowd.asker, code)
        answers = await _refresh_and_revoke(crowd, parent, seeded)
        pairs = tally.add(answers)
        mixed += 0 < len(pairs) < len(answers)
        await tally.look(crowd, parent, *set(pairs))
        for pair in (parent, *set(pairs)):
            assert (await crowd.asker.ask(crowd.app.refresh(pair.refresh_token))).is_invalid_grant
    tell(f"{crowd.times} x 25 refreshes and 1 revocation, {mixed} of them mixed; {tally}; {crowd.where()}")
    assert set(tally.answers) == {"success", "400 invalid_grant"}
    assert mixed
    assert tally.alive == 0


async def _refresh_and_revoke(crowd: Crowd, parent: Pair, seeded: random.Random) -> list[Answer]:
    """The answers of the refreshes; the revocation is sent before, among or a little after them."""
    lines = seeded.sample(crowd.lines, min(26, len(crowd.lines)))
    revoking, before = lines.pop(), seeded.randrange(len(lines))
    for line in lines[:before]:
        line.send(crowd.app.refresh(parent.refresh_token))
    if seeded.random() < 0.5:
        await asyncio.sleep(seeded.uniform(0, 0.01))
    revoking.send(crowd.app.revoke(parent.refresh_token))
    for line in lines[before:]:
        line.send(crowd.app.refresh(parent.refresh_token))
    answers = await asyncio.gather(*(line.answer() for line in [revoking, *lines]))
    assert answers[0].status == 200
    return answers[1:]
