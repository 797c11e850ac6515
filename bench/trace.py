"""`python -m bench.trace`: follow one token request through our package, and count files and crossings.

A crossing is a call whose callee stands in another file than its caller, both ours. Generated
code, such as a dataclass's `__init__`, belongs to no file; a coroutine counts once, when it starts.
"""

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import polar_server
from bench import clusters, operations
from bench.seeding import Seeder
from polar_server.app import build
from polar_server.database import connect, migrations
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType
from polar_server.settings import Settings
from polar_server.tables import PACKAGES

_OURS = str(Path(polar_server.__file__).parent) + os.sep
Message = dict[str, Any]


class Trail:
    """The calls of a request, in their order. Recording covers every thread that starts afterwards, too."""

    def __init__(self) -> None:
        self.crossings: list[tuple[str, str]] = []
        self.files: Counter[str] = Counter()
        self._started: set[int] = set()
        self._frames: list[FrameType] = []  # kept, so that no frame gets the address of an earlier one
        self._recording = False

    def notice(self, frame: FrameType, event: str, _: Any) -> None:
        """What `sys.setprofile` calls."""
        if not self._recording or event != "call" or id(frame) in self._started:
            return
        callee = _file(frame.f_code)
        if callee is None:
            return
        self._started.add(id(frame))
        self._frames.append(frame)
        self.files[callee] += 1
        caller = _file(frame.f_back.f_code) if frame.f_back else None
        if caller is not None and caller != callee:
            self.crossings.append((_name(caller), f"{_name(callee)} {frame.f_code.co_name}"))

    def __enter__(self) -> None:
        self._recording = True

    def __exit__(self, *_: object) -> None:
        self._recording = False


def main() -> None:
    """Exchange a code, twice: the first time warms what is made once, the second is followed."""
    trail = Trail()
    threading.setprofile(trail.notice)
    with tempfile.TemporaryDirectory(prefix="polar-trace-") as folder:
        asyncio.run(_exchange(Path(folder), trail))
    for number, (caller, callee) in enumerate(trail.crossings, start=1):
        print(f"{number:3}  {caller} -> {callee}")
    print(f"\n{len(trail.files)} files:")
    for file, calls in sorted(trail.files.items()):
        print(f"     {_name(file)} ({calls} calls)")
    print(f"\n{len(trail.files)} files, {len(trail.crossings)} crossings")


async def _exchange(folder: Path, trail: Trail) -> None:
    server_keys, settings = ServerKeys([os.urandom(32)]), Settings(data_dir=folder, worker=False)
    seeded = await _seeded(folder, settings, server_keys)
    app = build(settings, server_keys, time.time)
    start, stop = asyncio.Event(), asyncio.Event()
    life = asyncio.ensure_future(_live(app, start, stop))
    await start.wait()
    await _post(app, seeded.requests[0])
    sys.setprofile(trail.notice)
    with trail:
        status = await _post(app, seeded.requests[1])
    sys.setprofile(None)
    stop.set()
    await life
    assert status == seeded.status


async def _seeded(folder: Path, settings: Settings, server_keys: ServerKeys) -> operations.Operation:
    database = connect(settings.database)
    await database.open()
    await migrations.apply(database, PACKAGES)
    await database.close()
    with clusters.sqlite(folder) as cluster:
        return operations.prepare(Seeder(cluster, server_keys, SubjectType.USER), ["exchange ES256"], 2, 1)[0]


async def _live(app: Any, start: asyncio.Event, stop: asyncio.Event) -> None:
    """The lifespan of an ASGI application."""
    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        kind = next(messages)
        if kind == "lifespan.shutdown":
            await stop.wait()
        return {"type": kind}

    async def send(_: Message) -> None:
        start.set()

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)


async def _post(app: Any, request: bytes) -> int:
    """Send a request to an ASGI application; gives the status of its answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, path, _ = first.decode().split(" ")
    headers = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    answer: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("127.0.0.1", 1)}
    await app(scope, receive, send)
    return int(answer[0]["status"])


def _file(code: CodeType) -> str | None:
    return code.co_filename if code.co_filename.startswith(_OURS) else None


def _name(file: str) -> str:
    return file.removeprefix(_OURS)


if __name__ == "__main__":
    main()
