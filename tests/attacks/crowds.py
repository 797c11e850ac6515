"""Clients that keep their connections open and hardly say anything."""

import socket
import threading
from collections.abc import Sequence

from tests.attacks.wire import Place, read_response

PAUSE = 0.2
"""Seconds between two bytes of one connection."""
_BODY = b"grant_type=authorization_code&code=polar_ac_1&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"


class Crowd:
    """Many connections with a token request that comes a byte at a time."""

    def __init__(self, place: Place, size: int) -> None:
        self._connections = [place.connect() for _ in range(size)]
        head = f"POST /v1/oauth2/token HTTP/1.1\r\nHost: {place.host}\r\nContent-Length: {len(_BODY)}\r\n"
        self._start = f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
        self._sent = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)
        self._thread.start()

    def end(self) -> Sequence[int]:
        """Let all of them say the rest at once; the statuses of their answers."""
        self._over.set()
        self._thread.join()
        for connection in self._connections:
            connection.sendall(_BODY[self._sent :])
        return [self._status(connection) for connection in self._connections]

    def _drip(self) -> None:
        for connection in self._connections:
            connection.sendall(self._start)
        while not self._over.wait(PAUSE) and self._sent < len(_BODY) - 1:
            for connection in self._connections:
                connection.sendall(_BODY[self._sent : self._sent + 1])
            self._sent += 1

    @staticmethod
    def _status(connection: socket.socket) -> int:
        with connection:
            return read_response(connection).status
