"""`GET /metrics`: what it shows, and to whom."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from tests import servers
from tests.servers import Server

from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.plain import Request
from polar_server.rate_limits import RateLimits
from polar_server.rate_limits.limits import RETRY_STORE_AFTER, StoreDown
from polar_server.settings import Settings
from polar_server.telemetry import Telemetry, metrics_endpoints

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Telemetry]:
    telemetry = Telemetry(tmp_path / "telemetry")
    telemetry.open()
    yield telemetry
    telemetry.close()


async def shown(telemetry: Telemetry, *authorization: str) -> tuple[int, str]:
    """What somebody with these headers gets."""
    headers = [(b"authorization", value.encode()) for value in authorization]
    answer = await metrics_endpoints(telemetry, TOKEN)["/metrics"]["GET"](None, Request("GET", "/metrics", headers))
    return answer.status, answer.body.decode()


async def test_counters_are_shown_to_who_knows_the_token(telemetry: Telemetry) -> None:
    """Every counter is there from the start, with its help and its type."""
    telemetry.count_request(204)
    telemetry.count_request(404)
    telemetry.count_delivery(False)
    status, text = await shown(telemetry, f"Bearer {TOKEN}")
    assert status == 200
    assert re.findall("^polar.*", text, re.MULTILINE) == [
        'polar_http_requests_total{status="1xx"} 0.0',
        'polar_http_requests_total{status="2xx"} 1.0',
        'polar_http_requests_total{status="3xx"} 0.0',
        'polar_http_requests_total{status="4xx"} 1.0',
        'polar_http_requests_total{status="5xx"} 0.0',
        'polar_webhook_deliveries_total{outcome="succeeded"} 0.0',
        'polar_webhook_deliveries_total{outcome="failed"} 1.0',
        "polar_rate_limit_store_errors_total 0.0",
    ]
    assert "# TYPE polar_rate_limit_store_errors_total counter" in text


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}é"])
async def test_nobody_else_sees_them(telemetry: Telemetry, authorization: str) -> None:
    """Without the token, with a part of it, or with another scheme: 401 and nothing."""
    assert await shown(telemetry, authorization) == (401, "")
    assert await shown(telemetry) == (401, "")
    assert metrics_endpoints(telemetry, "") == {}


async def test_a_store_that_is_down_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each time that it was asked; the call is answered all the same."""
    now, telemetry = [1_800_000_000.0], Telemetry(tmp_path)
    settings = replace(Settings(), data_dir=tmp_path, rate_limit_url="redis://127.0.0.1:1")
    limits = RateLimits(settings, lambda: now[0], telemetry.count_store_error)
    monkeypatch.setattr(limits, "_store", Mock(take=AsyncMock(side_effect=StoreDown("ConnectionError"))))
    for seconds in (0, 1, RETRY_STORE_AFTER):
        now[0] += seconds
        counted = await limits.count_call(Subject(SubjectType.USER, "ada"), "app")
        assert counted is not None
        assert counted.standing.admitted
    assert "polar_rate_limit_store_errors_total 2.0" in (await shown(telemetry, f"Bearer {TOKEN}"))[1]


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process counts for itself, and the log says so."""
    (tmp_path / "file").touch()
    telemetry = Telemetry(tmp_path / "file")
    telemetry.open()
    telemetry.count_request(200)
    assert dict(_named(telemetry))["polar_http_requests"][1] == ("2xx", 1)
    assert "metrics_per_worker" in capsys.readouterr().out


def _named(telemetry: Telemetry) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    for counter, sums in telemetry.totals():
        yield counter.name, sums


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server of two workers whose figures may be seen."""
    with servers.serve(tmp_path_factory.mktemp("metrics"), workers=2, metrics_token=TOKEN) as server:
        yield server


def test_workers_are_added_up(serving: Server) -> None:
    """Whichever worker answers knows what the others answered, whatever it was; nothing else is told."""
    url = serving.issuer
    before = _requests(url)
    for path in ("/", "/v1/products/", "/.well-known/jwks.json", "/v1/oauth2/token") * 5:
        httpx.get(url + path)
    after = _requests(url)
    gained = {status: after[status] - before[status] for status in after}
    # The look at the figures is answered after they were read, so the first one is among the second's.
    assert gained == {"1xx": 0, "2xx": 11, "3xx": 0, "4xx": 10, "5xx": 0}


def _requests(url: str) -> dict[str, int]:
    text = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    return {status: int(float(n)) for status, n in re.findall(r'polar_http_requests_total.*"(.*)"} (.*)', text)}
