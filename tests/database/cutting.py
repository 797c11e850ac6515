"""Connections to PostgreSQL that die."""

import os
import socket

from polar_server.database.postgres_connections import Connections


def cut(connections: Connections) -> None:
    """Cut every idle connection's line so that nobody has noticed yet."""
    for connection in connections._idle:
        descriptor = os.dup(connection.raw._transport.get_extra_info("socket").fileno())
        with socket.socket(fileno=descriptor) as line:
            line.shutdown(socket.SHUT_RDWR)
