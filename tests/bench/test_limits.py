"""What the runs of growth, tails and profiles stand on: filling, people who sign in, verdicts, pictures."""

import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from bench import filling, findings, flames, growth, limits, plot, stage
from bench.filling import Filler
from bench.findings import Finding
from bench.latencies import percentile
from bench.operations import Plan
from bench.scales import SCALES
from bench.servers import Server, Wanted
from bench.sign_ins import ENVIRONMENT, SignIns, give_passwords
from bench.stage import Stage
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage for a tiny run."""
    with stage.opened(SCALES["tiny"], tmp_path_factory.mktemp("output"), connections=4) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(on: Stage) -> Iterator[Server]:
    """A server on SQLite where people may sign in as often as they like."""
    wanted = Wanted([growth.USERINFO], SubjectType.USER, Plan(0, 1, 1), 1, 0, environment=ENVIRONMENT)
    with on.server("sqlite", "limits", wanted) as started:
        yield started


def test_a_filled_database_answers_for_tokens_from_everywhere(on: Stage, server: Server) -> None:
    """Half of what is filled are access tokens, and those that are presented are alive, the first and the last too."""
    assert server.cluster is not None
    filled = growth.filled(server, size=400, presented=20)
    asked = filled.operations[growth.USERINFO]
    assert len(asked.requests) == 20
    outcome = on.run.send(filled.target, asked, asked.requests)
    assert json.loads(outcome.answer)["sub"]
    counts = [
        filling.ask(server.cluster, f"SELECT count(*) FROM {table}")[0][0]
        for table in ("access_tokens", "refresh_tokens", "grants")
    ]
    assert counts == [201, 200, 41], "with the one token and grant of the server's start"


def test_expired_rows_are_what_the_sweeper_looks_for(server: Server) -> None:
    """Rows that are filled for the sweeper are all removed by it, and the living ones stay."""
    assert server.cluster is not None
    before = filling.ask(server.cluster, "SELECT count(*) FROM access_tokens")
    filler = Filler(server.cluster, ServerKeys([server.key]), server.operations[growth.USERINFO].client_id)
    filler.fill_expired(700)
    growth.sweep_now(server.cluster)
    assert filling.ask(server.cluster, "SELECT count(*) FROM access_tokens") == before


def test_people_sign_in_beside_other_requests(server: Server) -> None:
    """Tries reach the sign-in page with a form it accepts and a password that is right."""
    assert server.cluster is not None
    give_passwords(server.cluster)
    sign_ins = SignIns(server, per_second=20)
    with sign_ins.going_on():
        growth.filled(server, size=20, presented=2)
    assert set(sign_ins.statuses) == {303}


@pytest.mark.parametrize("value, met", [(1.2, True), (1.4, False)])
def test_a_finding_is_held_against_its_limit(value: float, met: bool) -> None:
    """Above the most, and below the least, a finding falls short; without a limit it has no verdict."""
    assert Finding("growth", "sqlite", "ratio", value, "times", most=1.3).is_met is met
    assert Finding("workers", "postgres", "ratio", value, "times", least=1.3).is_met is not met
    assert Finding("growth", "sqlite", "cost", value, "us").is_met is None


def test_findings_are_kept_as_json() -> None:
    """Whoever reads the file sees each figure with its limit and verdict."""
    found = [Finding("tail", "sqlite", "p99", 21.5, "ms", most=20.0)]
    document = json.loads(findings.as_json(found, {"title": "a run"}))
    assert document["title"] == "a run"
    assert document["findings"][0] | {"value": 21.5, "most": 20.0, "met": False} == document["findings"][0]


def test_one_command_measures_every_part() -> None:
    """`python -m bench.limits` leaves nothing out."""
    assert list(limits.PARTS) == ["growth", "sweeping", "steady", "tail", "workers", "write_ahead"]


def test_a_plot_has_a_line_for_each_name_and_says_it_in_words() -> None:
    """The picture is a document of its own, whose description has every value."""
    root = ET.fromstring(plot.draw("Size <of> it", "MB", {"file": [1, 2, 2], "pages in use": [0.5, 1, 1]}))
    lines = root.findall(f"{_SVG}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3]
    description = root.find(f"{_SVG}desc")
    assert description is not None
    assert description.text == "file: 1.0, 2.0, 2.0 MB. pages in use: 0.5, 1.0, 1.0 MB."


def test_a_flame_graph_adds_up_what_was_seen() -> None:
    """Stacks that differ by a line number only are one; a function is as wide as its share, below its caller."""
    text = "main (polar_server/app.py:1);find (polar_server/database/x.py:5) 30\n"
    stacks = flames.folded(text + "main (polar_server/app.py:2);sign (jose.py:7) 10\nwait (select.py:1) 60\n")
    assert sum(stacks.values()) == 100
    root = ET.fromstring(flames.draw("exchange", stacks))
    hints = [title.text for title in root.findall(f"{_SVG}g/{_SVG}title")]
    assert hints == [
        "main (polar_server/app.py), 40.0%",
        "find (polar_server/database/x.py), 30.0%",
        "sign (jose.py), 10.0%",
        "wait (select.py), 60.0%",
    ]


def test_percentiles_are_milliseconds() -> None:
    """Given nanoseconds in any order, the share's latency; the last one for the end."""
    latencies = [each * 1_000_000 for each in (5, 1, 3, 2, 4)]
    assert [percentile(latencies, share) for share in (0, 0.5, 0.999)] == [1, 3, 5]
