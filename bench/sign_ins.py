"""People who sign in beside other requests: so many tries in a second, whether the one before is answered or not."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from bench import filling
from bench.clusters import Cluster
from bench.seeding import PEOPLE
from bench.servers import Server
from polar_server.html import csrf
from polar_server.oauth.server_keys import ServerKeys

ENVIRONMENT = {"POLAR_GUESSES_PER_ADDRESS": "10000000", "POLAR_GUESSES_PER_ACCOUNT": "10000000"}
"""Settings under which one address may try so often."""
UNANSWERED = 0
"""Stands for the status of a try that nobody answered in time."""
_PASSWORD = "correct horse battery staple"
_BROWSER = "b" * 43
_PATH = "/sign-in"
_ANSWER_WAIT = 30
"""Seconds."""


def give_passwords(cluster: Cluster) -> None:
    """Everybody gets the same password, hashed with the server's own parameters."""
    password_hash = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash(_PASSWORD)
    filling.ask(cluster, f"UPDATE users SET password_hash = '{password_hash}'")


class SignIns:
    """Tries while the block runs. `statuses` counts their answers: 303 is a sign-in, 503 a server that is too busy."""

    def __init__(self, server: Server, per_second: int) -> None:
        self.statuses: Counter[int] = Counter()
        self.seconds = 0.0
        self._port, self._pause = server.target.port, 1 / per_second
        self._csrf = csrf.token(ServerKeys([server.key]), _BROWSER, _PATH)
        self._ended = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """In a thread with a loop of its own: the process has nothing else to do meanwhile."""
        thread, began = threading.Thread(target=lambda: asyncio.run(self._try_on())), time.perf_counter()
        self._ended.clear()
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self.seconds += time.perf_counter() - began
            thread.join()

    async def _try_on(self) -> None:
        loop = asyncio.get_running_loop()
        tasks, began, number = set(), loop.time(), 0
        while not self._ended.is_set():
            task = loop.create_task(self._try(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
            await asyncio.sleep(max(began + number * self._pause - loop.time(), 0))
        await asyncio.gather(*tasks)

    async def _try(self, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._request(number))
        try:
            status = await asyncio.wait_for(reader.readline(), _ANSWER_WAIT)
            self.statuses[int(status.split()[1])] += 1
        except TimeoutError:
            self.statuses[UNANSWERED] += 1
        finally:
            writer.close()

    def _request(self, number: int) -> bytes:
        email = f"person{number % PEOPLE}@example.org"
        body = urlencode({"csrf": self._csrf, "email": email, "password": _PASSWORD}).encode()
        lines = [
            f"POST {_PATH} HTTP/1.1",
            "Host: localhost",
            f"Cookie: polar_browser={_BROWSER}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body
