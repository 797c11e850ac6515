"""A listener that nobody has a reason to reach: whoever connects followed an address that an attacker wrote."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Canary:
    """Listens on 127.0.0.1, remembers the first bytes of every connection, and answers none."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A listening socket that is only closed would leave the thread waiting in accept.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    @property
    def variables(self) -> dict[str, str]:
        """Variables that lead HTTP clients here, so that a request to an address we cannot listen on is heard too.

        `internet/` reads the last one, for clients that use no proxy.
        """
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), f"http://127.0.0.1:{self.port}")
        return {**proxies, "no_proxy": "", "ATTACKS_CANARY": str(self.port)}

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                first = b""
                with contextlib.suppress(OSError):
                    first = connection.recv(200)
                self.heard.append(first)
