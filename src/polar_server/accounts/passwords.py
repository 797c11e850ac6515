"""Passwords: what may be one, and their hashes, computed a few at a time with a short queue."""

import asyncio
import base64
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from polar_server.accounts import hashing
from polar_server.accounts.common_passwords import COMMON_PASSWORDS
from polar_server.accounts.hashing_processes import HashingFailed, HashingProcesses

SHORTEST, LONGEST = 8, 1024


class PasswordsBusy(Exception):
    """Too many hashes are waiting. Nothing was decided; trying again in `retry_after` seconds is fine."""

    retry_after = 5


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the password was right, and whether its hash should be renewed with today's parameters."""

    correct: bool
    outdated: bool = False


class Passwords:
    """Hashes `workers` passwords at a time. At most `waiting` more may queue; then PasswordsBusy is raised.

    `apart` is for a server: processes of their own then compute the hashes, and requests beside them do not wait.
    """

    def __init__(
        self, workers: int, waiting: int = 50, hasher: PasswordHasher | None = None, *, apart: bool = False
    ) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._processes = HashingProcesses() if apart else None
        self._places = BoundedSemaphore(workers + waiting)
        self._dummy = _unmatched_hash(self._hasher)

    async def hash(self, password: str) -> str:
        """The argon2id hash of a password, in the PHC string format. Raises PasswordsBusy."""
        cost = (self._hasher.time_cost, self._hasher.memory_cost, self._hasher.parallelism)
        lengths = (self._hasher.salt_len, self._hasher.hash_len)
        return str(await self._compute({"password": password, "cost": cost, "lengths": lengths}))

    async def verify(self, password: str, password_hash: str | None) -> Verification:
        """Compare a password with its hash. Without a hash it takes the same time and fails. Raises PasswordsBusy."""
        correct = await self._compute({"password": password, "hash": password_hash or self._dummy})
        if not correct or password_hash is None:
            return Verification(correct=False)
        return Verification(correct=True, outdated=self._hasher.check_needs_rehash(password_hash))

    def close(self) -> None:
        """Let running hashes finish and drop the queued ones."""
        self._pool.shutdown(cancel_futures=True)
        if self._processes is not None:
            self._processes.close()

    async def _compute(self, question: dict[str, Any]) -> str | bool:
        if not self._places.acquire(blocking=False):
            raise PasswordsBusy
        future = self._pool.submit(self._answer, question)
        # Released when the work ends, not when the waiting request does: that one may be cancelled.
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(future)
        except HashingFailed as error:
            raise PasswordsBusy from error

    def _answer(self, question: dict[str, Any]) -> str | bool:
        return hashing.answer(question) if self._processes is None else self._processes.answer(question)


def problem_of(password: str, email: str) -> str | None:
    """Why this cannot be a new password, in a sentence for its chooser, or None (NIST SP 800-63B §5.1.1.2)."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. A few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if password.casefold() in COMMON_PASSWORDS or len(set(password)) < 3:
        return "Many people use this password, so it is guessed first. Choose another one."
    if password.casefold() in (email, email.partition("@")[0]):
        return "Choose a password that is not your email address."
    return None


def _unmatched_hash(hasher: PasswordHasher) -> str:
    """A hash that no password has, with the cost of the real ones."""
    salt, value = (_base64(os.urandom(length)) for length in (hasher.salt_len, hasher.hash_len))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${value}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
