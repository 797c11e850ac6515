"""Every case of the corpus against a running server, on both engines. A test's id is its case's."""

import re

import pytest
from tests.attacks.cases import Case, load_cases
from tests.attacks.runner import run
from tests.attacks.world import World

CASES = load_cases()
# Every kind of secret in full, with its checksum: what a log may hold is shorter.
_SECRET = re.compile(r"polar_(?:ac|c|cs|crt|at_u|at_o|rt_u|rt_o|us|ml)_[0-9A-Za-z]{43}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_attack_fails(world: World, case: Case) -> None:
    """What the case attacks holds."""
    run(case, world)


def test_no_secret_reached_the_log(world: World) -> None:
    """After all of this, the log names no code, token, secret, session or mailed link."""
    assert not _SECRET.search(world.server.log())


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(r"whsec_\S{20}", id="secret of a webhook"),
        pytest.param(r"signature=\w{20}", id="signed address"),
        pytest.param(r"path\S*?/[^\s\"]*\?", id="query string"),
        pytest.param(r"([Bb]earer|[Bb]asic) [\w+/=-]{20}", id="authorization"),
    ],
)
def test_nothing_that_opens_anything_is_logged(world: World, written: str) -> None:
    """After all of this, the log has nothing that an API call, a download, a delivery or a browser was let in by."""
    found = re.search(f".*{written}.*", world.server.log())
    assert found is None, found[0]


def test_nobody_was_called(world: World) -> None:
    """The server has opened no connection to an address that an attacker wrote, late ones included."""
    assert world.canary.heard == []
