"""The examples' documents: the index names every folder, and each folder says how to run it."""

import re
from pathlib import Path

import pytest
from tests.examples.programs import EXAMPLES

FOLDERS = sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))
READMES = [EXAMPLES / "README.md", *sorted(EXAMPLES.glob("*/README.md"))]
RECIPES = [name for name in FOLDERS if name != "sign_in"]


def test_the_index_names_every_folder() -> None:
    """Each folder has one row of the table."""
    rows = re.findall(r"\| \[\w+\]\((\w+)/\) \|", (EXAMPLES / "README.md").read_text())
    assert sorted(rows) == FOLDERS


@pytest.mark.parametrize("name", RECIPES)
def test_three_commands_run_it(name: str) -> None:
    """The first block starts Polar, installs what the program imports, and registers and starts the program."""
    text = (EXAMPLES / name / "README.md").read_text()
    server, install, start = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[0].splitlines()
    assert server.startswith("script/server ")
    assert "pip install './client[oauth]'" in install
    source = (EXAMPLES / name / "app.py").read_text()
    imported = set(re.findall(r"^(?:import|from) (fastapi|flask|starlette|django|uvicorn)\b", source, re.MULTILINE))
    assert imported - {"starlette"} <= set(install.split())
    public = "" if "POLAR_CLIENT_SECRET" in source else " --public"
    assert start == f'eval "$(python examples/register.py{public})" && python examples/{name}/app.py'


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_links_lead_somewhere(path: Path) -> None:
    """No relative link leads nowhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
