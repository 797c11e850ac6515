"""argon2id (RFC 9106 §4), and a process that computes it: a line of JSON asks, a line of JSON answers.

The process needs nothing of the server but this file. It has the lowest priority, and ends with whoever asks, or when
nobody asked for a while.
"""

import json
import os
import select
import signal
import sys
from typing import Any

from argon2 import Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret, verify_secret

IDLE = 60.0
"""Seconds without a question after which the process ends."""
_LOWEST_PRIORITY = 19


def answer(question: dict[str, Any]) -> str | bool:
    """The hash of `password`, or whether that is the password of `hash`; what is no hash has none.

    `cost` is [passes, KiB, lanes] and `lengths` the bytes of salt and hash of a new one, in the PHC string format.
    """
    password = str(question["password"]).encode("utf-8", "surrogatepass")
    if "hash" not in question:
        (passes, memory, lanes), (salt_length, length) = question["cost"], question["lengths"]
        salt = os.urandom(salt_length)
        return hash_secret(password, salt, passes, memory, lanes, length, Type.ID).decode()
    try:
        return verify_secret(question["hash"].encode(), password, Type.ID)
    except (VerificationError, InvalidHashError):
        return False


def main() -> None:
    """Answer until there is nobody who asks."""
    # Ctrl+C and the end of a service reach every process of it: what was begun is for the worker to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.setpriority(os.PRIO_PROCESS, 0, _LOWEST_PRIORITY)
    while select.select([sys.stdin], [], [], IDLE)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
