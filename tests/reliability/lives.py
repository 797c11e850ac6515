"""Lives of grants under load, from code to revocation, and a ledger of what was acknowledged."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .apps import App, Pair, pair_of
from .lines import Answer, Cut, Line

GRACE = 1
"""Seconds; the servers of these tests are started with it."""
_MOST_REFRESHES = 3
_REVOKED = 0.3

Step = Literal["redeem", "refresh", "revoke"]


@dataclass
class Life:
    """One grant, as its client knows it. It lives outside the server, so no crash can make it forget."""

    code: str
    pairs: list[Pair] = field(default_factory=list)
    """What was acknowledged; each pair but the last was rotated."""
    revoked: bool = False
    open: Step | None = None
    """What was asked and not answered: it may have happened or not."""
    acknowledged_at: float = 0.0

    async def live(self, app: App, line: Line, seeded: random.Random) -> None:
        """Redeem, refresh a few times, and revoke sometimes. Raises Cut, or Refused for any status but 200."""
        self.pairs.append(pair_of(await self._ask("redeem", line, app.redeem(self.code))))
        for _ in range(seeded.randrange(_MOST_REFRESHES + 1)):
            answer = await self._ask("refresh", line, app.refresh(self.pairs[-1].refresh_token))
            self.pairs.append(pair_of(answer))
        if seeded.random() < _REVOKED:
            await self._ask("revoke", line, app.revoke(self.pairs[-1].refresh_token))
            self.revoked = True

    async def _ask(self, step: Step, line: Line, request: bytes) -> Answer:
        self.open = step
        answer = await line.ask(request)
        if answer.status != 200:
            raise Refused(answer.status)
        self.open, self.acknowledged_at = None, time.monotonic()
        return answer

    @property
    def acknowledged(self) -> int:
        return len(self.pairs) + self.revoked


class Refused(Exception):
    """The server answered, and not with a success; the argument is the status."""


@dataclass
class Ledger:
    """Every life so far, what was checked of them, and what was wrong."""

    app: App
    lives: list[Life] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        acknowledged, unanswered = sum(life.acknowledged for life in self.lives), sum(bool(x.open) for x in self.lives)
        counts = f"{len(self.lives)} grants, {acknowledged} acknowledged writes, {unanswered} unanswered requests"
        return f"{counts}; {len(self.wrong)} wrong of {dict(self.checks)}"

    async def load(self, line: Line, codes: Iterator[str], ended: asyncio.Event, seeded: random.Random) -> None:
        """One client's work until the end, or until its connection is lost."""
        for code in codes:
            if ended.is_set():
                return
            life = Life(code)
            self.lives.append(life)
            try:
                await life.live(self.app, line, seeded)
            except Cut:
                return
            except Refused as refused:
                # What the load asks is always right, so 503 is the only other answer.
                self._expect("answered", refused.args == (503,), life)
                await asyncio.sleep(0.02)

    async def check(self, line: Line, lives: list[Life]) -> None:
        """Compare what the server says with what it acknowledged. Changes nothing."""
        for life in lives:
            await self._check_acknowledged(line, life)

    async def replay_codes(self, line: Line, lives: list[Life]) -> None:
        """Redeem every code again, which ends its grant."""
        for life in lives:
            if life.pairs:
                await self._replay(line, life, self.app.redeem(life.code), "code used up")

    async def replay_rotated(self, line: Line, lives: list[Life]) -> None:
        """Refresh with the youngest rotated token of each grant, past its grace, which ends the grant."""
        settled = max((life.acknowledged_at for life in lives), default=0.0) + GRACE + 1
        await asyncio.sleep(settled - time.monotonic())
        for life in lives:
            if len(life.pairs) > 1:
                request = self.app.refresh(life.pairs[-2].refresh_token)
                await self._replay(line, life, request, "rotated token used up")

    async def _check_acknowledged(self, line: Line, life: Life) -> None:
        if not life.pairs:
            return
        *rotated, last = life.pairs
        for pair in rotated:
            self._expect("rotated token dead", not await self.app.is_active(line, pair.refresh_token), life)
        access, refresh = [await self.app.is_active(line, t) for t in (last.access_token, last.refresh_token)]
        if life.revoked:
            self._expect("revoked grant dead", not access and not refresh, life)
        elif life.open == "revoke":
            self._expect("revocation whole", access == refresh, life)
        else:
            self._expect("access token kept", access, life)
            self._expect("refresh token kept", refresh or life.open == "refresh", life)

    async def _replay(self, line: Line, life: Life, request: bytes, what: str) -> None:
        self._expect(what, (await line.ask(request)).is_invalid_grant, life)
        alive = await self.app.active(line, *(pair.access_token for pair in life.pairs))
        self._expect("dead after the replay", not alive, life)

    def _expect(self, what: str, holds: object, life: Life) -> None:
        self.checks[what] += 1
        if not holds:
            self.wrong.append(f"not {what}: {len(life.pairs)} pairs, revoked {life.revoked}, open {life.open}")
