"""Which limits there are, what they count by, and what goes on when a store is down."""

import sys
from pathlib import Path
from typing import Any

import pytest

from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.rate_limits import RateLimits
from polar_server.rate_limits.limits import RETRY_STORE_AFTER, StoreDown
from polar_server.rate_limits.windows import Standing
from polar_server.settings import Settings, SettingsError, load

ADA = Subject(SubjectType.USER, "ada")
SHOP = Subject(SubjectType.ORGANIZATION, "ada", "shop")


class Clock:
    """A clock that stands still until a test moves it."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def limits(folder: Path, **settings: Any) -> RateLimits:
    made = RateLimits(Settings(data_dir=folder, **settings), Clock())
    made.open()
    return made


async def _admitted(made: RateLimits, subject: Subject, client_id: str) -> bool:
    counted = await made.count_call(subject, client_id)
    assert counted is not None
    return counted.standing.admitted


async def test_calls_count_by_subject_and_client(tmp_path: Path) -> None:
    """Another client, another person and another organization each have their own hour; two workers share it."""
    made, other = limits(tmp_path, rate_limit_user=1, rate_limit_organization=2), limits(tmp_path, rate_limit_user=1)
    assert await _admitted(made, ADA, "app")
    assert not await _admitted(other, ADA, "app")
    assert await _admitted(made, ADA, "another app")
    assert await _admitted(made, Subject(SubjectType.USER, "bob"), "app")
    # The person behind an organization token does not matter.
    assert await _admitted(made, SHOP, "app")
    assert await _admitted(made, Subject(SubjectType.ORGANIZATION, "bob", "shop"), "app")
    assert not await _admitted(made, SHOP, "app")
    await made.close()
    await other.close()


async def test_who_has_no_token_counts_as_a_visitor(tmp_path: Path) -> None:
    """Each limit by its name, each visitor by themselves; 0 is no limit."""
    made = limits(tmp_path, rate_limit_checkout=0, rate_limit_confirmation=1)
    assert await made.count_visit("checkout", "203.0.113.5") is None

    async def admitted(visitor: str) -> bool:
        counted = await made.count_visit("confirmation", visitor)
        assert counted is not None
        return counted.standing.admitted

    assert [await admitted("203.0.113.5") for _ in range(2)] == [True, False]
    assert await admitted("203.0.113.6")
    await made.close()


async def test_headers_name_the_limit_and_what_is_left(tmp_path: Path) -> None:
    """RateLimit-Policy, RateLimit, and Retry-After with a refusal only, which is a whole number."""
    made = limits(tmp_path, rate_limit_user=1)
    first, second = await made.count_call(ADA, "app"), await made.count_call(ADA, "app")
    assert first
    assert second
    assert first.headers == ((b"ratelimit-policy", b'"user";q=1;w=3600'), (b"ratelimit", b'"user";r=0;t=3660'))
    assert second.headers == (*first.headers, (b"retry-after", b"3660"))
    await made.close()


async def test_zero_turns_a_limit_off(tmp_path: Path) -> None:
    """Nothing is counted and no header sent."""
    made = limits(tmp_path, rate_limit_user=0, rate_limit_failed_authentication=0)
    assert await made.count_call(ADA, "app") is None
    assert [made.count_failure("app", "203.0.113.1") for _ in range(1000)] == [0] * 1000
    await made.close()


async def test_failures_count_by_client_and_address(tmp_path: Path) -> None:
    """One failure too many waits where it happened and nowhere else; the address as a whole has ten times as many."""
    made = limits(tmp_path, rate_limit_failed_authentication=3)
    assert [made.count_failure("app", "203.0.113.1") for _ in range(3)] == [0, 0, 0]
    assert made.count_failure("app", "203.0.113.1") > 3500
    assert made.count_failure("app", "203.0.113.2") == 0
    assert made.count_failure("another app", "203.0.113.1") == 0
    waits = [made.count_failure(f"app {number}", "203.0.113.1") for number in range(30)]
    assert waits[:25] == [0] * 25
    assert all(waits[25:])
    await made.close()


async def test_without_a_folder_to_write_each_worker_counts_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A data folder that cannot be written costs the sharing and nothing else, and the log says so."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    made = limits(blocked, rate_limit_user=1)
    assert [await _admitted(made, ADA, "app") for _ in range(2)] == [True, False]
    assert "rate_limits_per_worker" in capsys.readouterr().out
    await made.close()


async def test_a_store_that_is_down_is_left_alone_for_a_while(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The host counts for itself, the log says so once, and the store is asked again after a few seconds."""

    class Down:
        asked = 0

        async def take(self, *_: object) -> Standing:
            self.asked += 1
            raise StoreDown("ConnectionError")

        async def close(self) -> None: ...

    clock, store = Clock(), Down()
    made = RateLimits(Settings(data_dir=tmp_path, rate_limit_user=2), clock)
    made._store = store
    made.open()
    assert [await _admitted(made, ADA, "app") for _ in range(3)] == [True, True, False]
    assert store.asked == 1
    assert capsys.readouterr().out.count("rate_limit_store_down") == 1
    clock.now += RETRY_STORE_AFTER
    await made.count_call(ADA, "app")
    assert store.asked == 2
    await made.close()


def test_the_url_of_a_store_is_checked_at_the_start() -> None:
    """Another scheme is told by the name of the setting, not by a stack of a library."""
    with pytest.raises(SettingsError, match="POLAR_RATE_LIMIT_URL must begin with"):
        load({"POLAR_RATE_LIMIT_URL": "localhost:6379"})


def test_a_store_without_its_library_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """redis-py is optional; whoever names a store without it reads what to install."""
    monkeypatch.setitem(sys.modules, "polar_server.rate_limits.stores", None)
    with pytest.raises(SettingsError, match=r"polar-server\[redis\]"):
        RateLimits(Settings(data_dir=tmp_path, rate_limit_url="redis://localhost"), Clock())
