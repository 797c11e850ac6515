"""What the benchmark says about its measurements: ratios, goals, table, document and picture."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench import chart, compare, comparison, document, goals, names, operations, processes
from bench.comparison import Result
from bench.goals import FLOOR, GOALS, Goal, Verdict
from bench.measuring import Measurement
from bench.peers import starting
from bench.peers.seeding import PeerSeeder
from bench.servers import PEER, Missing, Server
from polar_server.oauth import pkce

_SVG = "{http://www.w3.org/2000/svg}"
_THEIRS = "oidc-provider sqlite"


def _measurement(
    target: str, server_us: float, *, database_us: float = 0, round_: int = 0, calibration_ns: int = 1_000
) -> Measurement:
    return Measurement(
        target=target,
        operation="exchange ES256",
        round=round_,
        server_us=server_us,
        database_us=database_us,
        per_second=1_000,
        p50=1,
        p99=2,
        p999=3,
        bytes=1_500,
        resident=90_000_000,
        calibration_ns=calibration_ns,
    )


@pytest.fixture
def result() -> Result:
    measured = [
        _measurement(FLOOR, 50),
        _measurement("sqlite", 200),
        _measurement("postgres", 200, database_us=100),
        _measurement(_THEIRS, 1_600),
        _measurement("oidc-provider memory", 500),
    ]
    settings = {each.target: {"server": "one worker", "driver": "a <driver>"} for each in measured}
    return Result("3 rounds", measured, settings, ["authlib-flask: it lacks <flask>"])


def _printed(result: Result) -> str:
    console = Console(width=comparison.WIDTH, file=io.StringIO())
    comparison.print_result(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_ratio_is_the_median_of_the_rounds_scaled_to_the_speed_of_the_core() -> None:
    """A core that was half as fast in a round doubles times there, and the ratio stays."""
    measured = [
        *(_measurement("sqlite", 100, round_=each) for each in range(3)),
        _measurement(_THEIRS, 500, round_=0),
        _measurement(_THEIRS, 1_000, round_=1, calibration_ns=2_000),
        _measurement(_THEIRS, 9_000, round_=2),
    ]
    assert goals.times(measured, "exchange ES256", _THEIRS, "sqlite") == pytest.approx(5)
    assert goals.times(measured, "exchange ES256", _THEIRS, "postgres") is None


@pytest.mark.parametrize(
    "other, measured, is_met",
    [(_THEIRS, 5.0, True), (_THEIRS, 4.9, False), (FLOOR, 5.0, True), (FLOOR, 5.1, False), (FLOOR, None, None)],
)
def test_a_peer_must_cost_at_least_and_ours_at_most_so_many_times_as_much(
    other: str, measured: float | None, is_met: bool | None
) -> None:
    """A goal points down for the floor and up for a peer; without a measurement there is no verdict."""
    assert Verdict(Goal("userinfo", "sqlite", other, 5), measured).is_met is is_met


def test_every_goal_names_an_operation_and_servers_that_exist() -> None:
    """A goal with a name that nobody has would never be measured, and nobody would miss it."""
    known = {FLOOR, PEER, *(f"{peer.name} {store}" for peer in starting.PEERS for store in peer.stores)}
    assert {goal.other for goal in GOALS} <= known
    assert {goal.operation for goal in GOALS} <= set(compare.OPERATIONS)
    assert set(names.OPERATIONS) == set(operations.NAMES)


def test_ours_stands_beside_a_peer_on_the_same_store() -> None:
    """Memory stands beside SQLite, and neither ours nor the floor beside anything."""
    beside = {each: names.ours_beside(each) for each in (_THEIRS, "oidc-provider memory", PEER, "sqlite", FLOOR)}
    expected = ["sqlite", "sqlite", "postgres", None, None]
    assert list(beside.values()) == expected
    assert names.title("authlib-flask postgres") == "Authlib, Flask on PostgreSQL"


def test_the_table_says_what_is_met_what_falls_short_what_is_set_and_what_is_missing(result: Result) -> None:
    """Nothing is left out silently."""
    text = _printed(result)
    assert "node-oidc-provider on SQLite at least 5 times polar-server on SQLite" in text
    assert [word in text for word in ("8.0", "met", "falls short", "not measured")] == [True] * 4
    assert "one worker; driver a <driver>" in text
    assert "Left out: authlib-flask: it lacks <flask>" in text


def test_the_document_keeps_every_measurement_with_its_conditions(result: Result) -> None:
    """A figure can be traced to its rounds, versions and settings."""
    kept = json.loads(comparison.as_json(result))
    assert len(kept["measurements"]) == 5
    assert kept["settings"]["sqlite"]["server"] == "one worker"
    assert kept["left_out"] == ["authlib-flask: it lacks <flask>"]
    assert kept["versions"]["cryptography"]
    times = {each["target"]: each["times_ours"] for each in kept["summaries"]}
    assert times == {FLOOR: None, "sqlite": None, "postgres": None, _THEIRS: 8.0, "oidc-provider memory": 2.5}
    assert {each["met"] for each in kept["goals"]} == {True, False, None}


def test_the_picture_has_a_bar_for_every_server_in_words_too(result: Result) -> None:
    """It is a document of its own, for a light and a dark page, and says in words what it shows."""
    picture = ET.fromstring(chart.draw(result))
    titles = {each.tag.removeprefix(_SVG): each.text or "" for each in picture}
    assert picture.get("role") == "img"
    assert "microseconds" in titles["title"]
    assert "node-oidc-provider on SQLite 1,600" in titles["desc"]
    assert "prefers-color-scheme: dark" in titles["style"]
    kinds = [each.get("class") for each in picture.iter(f"{_SVG}rect") if each.get("width") != "12.0"]
    assert sorted(filter(None, kinds)) == ["ours", "ours", "ours-db", "paper", "theirs", "theirs"]


def test_the_longest_bar_of_a_panel_ends_where_its_number_fits(result: Result) -> None:
    """Bars keep their proportions: an eighth of the time is an eighth of the length."""
    picture = ET.fromstring(chart.draw(result))
    bars = [each for each in picture.iter(f"{_SVG}rect") if each.get("width") != "12.0"]
    widths = {
        each.get("class"): float(each.get("width", 0)) for each in bars if each.get("class") in {"ours-db", "theirs"}
    }
    longest = max(float(each.get("width", 0)) for each in bars if each.get("class") == "theirs")
    assert widths["ours-db"] == pytest.approx(longest / 16, abs=0.1)


def test_a_run_takes_its_place_in_a_document_and_the_next_one_takes_it_again(result: Result) -> None:
    """What stands around the figures stays; a document without their place is an error, not a longer document."""
    page = f"before\n{document.BEGIN}\nold\n{document.END}\nafter"
    placed = document.placed(document.placed(page, "old, too"), document.render(result))
    assert placed.startswith(f"before\n{document.BEGIN}\n")
    assert placed.endswith(f"{document.END}\nafter")
    assert "old" not in placed
    assert "| node-oidc-provider on SQLite | 1600 (8.0) |" in placed
    assert "| 8.0 | met |" in placed
    assert "| 4.0 | **falls short** |" in placed
    assert document.PICTURE in placed
    with pytest.raises(ValueError, match="no place"):
        document.placed("before\nafter", "")


def test_a_picture_of_a_run_without_peers_can_be_drawn(result: Result) -> None:
    """Also when an operation has no panel of its own."""
    alone = [replace(each, operation="jwks") for each in result.measurements if each.target in {FLOOR, "sqlite"}]
    assert ET.fromstring(chart.draw(replace(result, measurements=alone))).get("height")


def test_what_is_not_installed_is_named_once_and_left_out() -> None:
    """Each store of a peer lacks the same."""

    @contextmanager
    def start() -> Iterator[Server]:
        raise Missing("oidc-provider: it needs Node 22.13 or newer")
        yield

    left_out: list[str] = []
    with ExitStack() as stack:
        assert [server for _ in range(2) for server in compare._entered(stack, start(), left_out)] == []
    assert left_out == ["oidc-provider: it needs Node 22.13 or newer"]


def test_a_process_that_starts_during_a_measurement_counts_from_its_beginning() -> None:
    """A connection that the database opened meanwhile is paid for; one that has ended takes nothing away."""
    assert processes.spent_ns({1: 100, 2: 900}, {1: 150, 3: 30}) == 80


def test_no_single_use_request_is_sent_twice() -> None:
    """Warm-up, what leads each round, the rounds and the check take different codes, however many there are."""
    plan = operations.Plan(warm_up=2, rounds=2, count=3, lead=1).warmer(2)
    codes = [str(number).encode() for number in range(plan.total)]
    asked = operations.Operation("exchange ES256", 200, codes, single_use=True)
    sent = asked.slice(0, plan.warm_up)
    for number in range(plan.rounds):
        lead, measured = plan.round(asked, number)
        assert [len(lead), len(measured)] == [2, 3]
        sent += [*lead, *measured]
    assert [*sent, asked.requests[-1]] == codes


def test_peers_get_the_codes_and_tokens_that_they_are_then_asked_for() -> None:
    """The seed of a peer and the requests to it are made of the same."""
    seeder = PeerSeeder()
    prepared = operations.prepare(seeder, ["exchange RS256", "refresh", "userinfo"], 3, 2)
    seed = json.loads(seeder.as_json())
    exchange, refresh, userinfo = prepared
    assert [len(seed[name]) for name in ("codes", "refresh_tokens", "access_tokens")] == [3, 3, 2]
    assert all(row["text"].encode() in request for row, request in zip(seed["codes"], exchange.requests, strict=True))
    assert seed["refresh_tokens"][2]["text"].encode() in refresh.requests[2]
    assert seed["access_tokens"][1]["text"].encode() in userinfo.requests[1]
    verifier = exchange.requests[0].rpartition(b"code_verifier=")[2].decode()
    assert seed["codes"][0]["challenge"] == pkce.s256(verifier).decode()
    assert exchange.client_id == next(each["client_id"] for each in seed["clients"] if each["id_token_alg"] == "RS256")
