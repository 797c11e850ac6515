"""Hashing passwords, and which ones are accepted."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from tests.accounts.conftest import CHEAP

from polar_server.accounts.common_passwords import COMMON_PASSWORDS
from polar_server.accounts.passwords import SHORTEST, Passwords, PasswordsBusy, Verification, problem_of


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    opened = Passwords(2, hasher=CHEAP)
    yield opened
    opened.close()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Passwords, threading.Event]]:
    """One hash at a time, which takes until the event is set, and two places to wait."""
    ready = threading.Event()
    opened = Passwords(1, waiting=2, hasher=CHEAP)
    monkeypatch.setattr(opened, "_answer", lambda _: ready.wait(10))
    yield opened, ready
    ready.set()
    opened.close()


async def test_a_hash_verifies_its_password_alone(passwords: Passwords) -> None:
    """The right password passes, another one and another spelling do not."""
    hashed = await passwords.hash("a quiet green lamp é")
    assert await passwords.verify("a quiet green lamp é", hashed) == Verification(correct=True)
    for other in ("a quiet green lamp", "A quiet green lamp é", "a quiet green lamp e\u0301", ""):
        assert await passwords.verify(other, hashed) == Verification(correct=False)


async def test_the_parameters_are_those_of_the_rfc() -> None:
    """Without a word, RFC 9106's second recommendation is used: argon2id, 64 MiB, three passes."""
    opened = Passwords(1)
    parameters = extract_parameters(await opened.hash("a quiet green lamp"))
    opened.close()
    assert parameters == RFC_9106_LOW_MEMORY


async def test_every_hash_has_its_own_salt(passwords: Passwords) -> None:
    """Two people with one password have two hashes."""
    assert await passwords.hash("a quiet green lamp") != await passwords.hash("a quiet green lamp")


async def test_an_unknown_account_is_never_right(passwords: Passwords) -> None:
    """Without a hash, and with one that is damaged, no password passes."""
    for hashed in (None, "", "$argon2id$v=19$", "plain"):
        assert await passwords.verify("", hashed) == Verification(correct=False)


async def test_an_unknown_account_takes_as_long_as_a_known_one() -> None:
    """The dummy hash costs the CPU that a real one costs: medians of twenty differ by less than half."""
    opened = Passwords(1, hasher=PasswordHasher(time_cost=2, memory_cost=4096, parallelism=1))
    hashed = await opened.hash("a quiet green lamp")
    times: dict[bool, list[float]] = {True: [], False: []}
    for n in range(40):
        started = time.process_time()
        await opened.verify("wrong", hashed if n % 2 else None)
        times[bool(n % 2)].append(time.process_time() - started)
    opened.close()
    known, unknown = (sorted(times[key])[10] for key in (True, False))
    assert abs(known - unknown) < 0.5 * known


async def test_a_hash_of_other_parameters_is_outdated(passwords: Passwords) -> None:
    """So it can be renewed while the password is at hand; a wrong password says nothing about it."""
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("a quiet green lamp")
    assert await passwords.verify("a quiet green lamp", old) == Verification(correct=True, outdated=True)
    assert await passwords.verify("wrong", old) == Verification(correct=False)


async def test_a_full_queue_refuses_at_once(slow: tuple[Passwords, threading.Event]) -> None:
    """One runs, two wait, the fourth is refused; when they are done there is room again."""
    passwords, ready = slow
    tasks = [asyncio.create_task(passwords.verify("x", None)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy):
        await passwords.verify("x", None)
    ready.set()
    await asyncio.gather(*tasks)
    await passwords.verify("x", None)


async def test_who_gives_up_waiting_leaves_no_place_taken(slow: tuple[Passwords, threading.Event]) -> None:
    """Requests that are cancelled while queued free their places."""
    passwords, ready = slow
    tasks = [asyncio.create_task(passwords.verify("x", None)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ready.set()
    await asyncio.gather(*(passwords.verify("x", None) for _ in range(2)))


@pytest.mark.parametrize(
    "password,word",
    [
        ("short 7", "at least 8"),
        ("x" * 1025, "at most 1024"),
        ("password123", "guessed first"),
        ("PassWord123", "guessed first"),
        ("aaaaaaaaaa", "guessed first"),
        ("ababababab", "guessed first"),
        ("ada.lovelace@example.com", "email address"),
        ("Ada.Lovelace", "email address"),
    ],
)
def test_passwords_that_are_guessed_are_refused(password: str, word: str) -> None:
    """Too short or long, known to every guesser, or the person's own address."""
    assert word in (problem_of(password, "ada.lovelace@example.com") or "")


@pytest.mark.parametrize("password", ["abcdefg1", "x y z x y z", "пароль-мой", "🦊🦉🐟" * 3, "ab " * 341])
def test_passwords_are_otherwise_free(password: str) -> None:
    """Any characters, 8 to 1024 of them, and no rules of composition."""
    assert problem_of(password, "ada@example.com") is None


def test_the_list_of_common_passwords_is_usable() -> None:
    """Each is in lower case, as it is compared, and long enough to need the list."""
    assert {word for word in COMMON_PASSWORDS if word != word.casefold() or len(word) < SHORTEST} == set()
