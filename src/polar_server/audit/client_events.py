"""The last events of an app, for whoever develops it: written beside the answers, never before one.

They are a help for debugging, not a record: under a flood most are dropped, and each app keeps its newest hundred.
"""

import asyncio
from dataclasses import dataclass

from polar_server.audit import client_event_queries as queries
from polar_server.database import Database
from polar_server.database.ordered_ids import ordered_id

KEPT = 100
"""Events that each app keeps."""
MOST = 20
"""Events that are written in one go; there is one in PAUSE seconds, and what does not fit is dropped."""
PAUSE = 1.0
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """What happened, in the words of the log. `at` is epoch seconds."""

    client_id: str
    event: str
    detail: str
    address: str
    at: int


class ClientEvents:
    """What waits to be written of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[ClientEvent] = []
        self._noted = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether what is noted now would be dropped, so that nobody needs to put it together."""
        return len(self._waiting) >= MOST

    def note(self, event: ClientEvent) -> None:
        """Have an event written soon. It costs no wait and may be dropped."""
        if not self.is_full:
            self._waiting.append(event)
            self._noted.set()

    async def keep_writing(self) -> None:
        """Write what was noted, in a short transaction of its own, at most once in PAUSE seconds."""
        while True:
            await self._noted.wait()
            await self.write()
            await asyncio.sleep(PAUSE)

    async def write(self) -> None:
        """Write what waits. An app that is not registered keeps nothing."""
        events, self._waiting = self._waiting, []
        self._noted.clear()
        if not events:
            return
        async with self._database.write() as tx:
            for event in events:
                await queries.add_event(
                    tx,
                    id=ordered_id(),
                    client_id=event.client_id,
                    at=event.at,
                    event=event.event,
                    detail=event.detail[:_LONGEST],
                    address=event.address,
                )
            for client_id in sorted({event.client_id for event in events}):
                await queries.trim_events(tx, client_id, KEPT)
