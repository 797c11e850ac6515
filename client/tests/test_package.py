"""The package as others get it: types, size, imports, and a wheel that needs nothing but what it declares."""

import ast
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CLIENT = Path(__file__).parent.parent
SRC = CLIENT / "src" / "polar_client"
PYRIGHT = CLIENT / "tests" / "pyright" / "node_modules" / ".bin" / "pyright"
MODULES = sorted(SRC.rglob("*.py"))


def run(*command: str | Path, cwd: Path = CLIENT) -> str:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    flags = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    # A copy, since a build leaves its folders beside the sources.
    copy = folder / "source"
    for path in [*(CLIENT / name for name in ("pyproject.toml", "README.md", "LICENSE")), *SRC.rglob("*")]:
        if path.is_file() and path.suffix != ".pyc":
            target = copy / path.relative_to(CLIENT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    run(sys.executable, "-m", "pip", "wheel", *flags, "--wheel-dir", folder, copy)
    return next(folder.glob("*.whl"))


def test_pyright_is_content() -> None:
    """In strict mode pyright finds nothing in the sources, and sees the public surface as it is meant."""
    run(PYRIGHT, "--project", CLIENT)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_imports(path: Path) -> None:
    """The client imports the standard library, httpx, msgspec and itself; cryptography only where tokens are.

    Only the command line imports what draws and reads command lines.
    """
    allowed = {*sys.stdlib_module_names, "httpx", "msgspec", "polar_client"}
    if path.parent.name == "oauth":
        allowed.add("cryptography")
    if path.parent.name == "command_line":
        allowed |= {"cyclopts", "rich"}
    assert set(_imported(ast.parse(path.read_text()))) <= allowed


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_the_wheel_is_small(wheel: Path) -> None:
    """It has every module and the mark of types, no tests, and less than 100 kB."""
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 100_000
    assert "polar_client/py.typed" in names
    assert sum(name.endswith(".py") for name in names) == len(MODULES)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"polar_client"}


def test_the_wheel_installs_alone(wheel: Path, tmp_path: Path) -> None:
    """In an environment with nothing but what it declares it works; sign-in and `polar` say which extra they need."""
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    flags = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *flags, wheel)
    for name in _declared("httpx", "msgspec"):
        _copy(distribution(name), site)
    program = "import polar_client, polar_client.webhooks; print(polar_client.Polar(base_url='http://localhost:1'))"
    assert run(python, "-c", program, cwd=tmp_path) == "<Polar at http://localhost:1>\n"
    lacking = "try:\n import polar_client.oauth\nexcept ImportError as error: print(error)"
    assert "polar-client[oauth]" in run(python, "-c", lacking, cwd=tmp_path)
    polar = subprocess.run([python.with_name("polar")], check=False, capture_output=True, text=True)
    assert (polar.returncode, polar.stderr.count("pip install 'polar-client[cli]'")) == (1, 1), polar.stderr
    assert polar.stderr.count("\n") == 1
    for name in _declared("cryptography"):
        _copy(distribution(name), site)
    assert run(python, "-c", "import polar_client.loopback", cwd=tmp_path) == ""
    for name in _declared("cyclopts", "rich"):
        _copy(distribution(name), site)
    assert "polar COMMAND" in run(python.with_name("polar"), "--help", cwd=tmp_path)
    assert "polar_server" not in {path.name for path in site.iterdir()}


def test_the_wheel_declares_what_it_needs(wheel: Path) -> None:
    """Those are httpx and msgspec, cryptography for `oauth`, and the rest for `cli`."""
    name = next(name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("/METADATA"))
    lines = zipfile.ZipFile(wheel).read(name).decode().splitlines()
    needed = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]
    assert {one.name: str(one.marker or "") for one in needed} == {
        "httpx": "",
        "msgspec": "",
        "cryptography": 'extra == "oauth"',
        "polar-client": 'extra == "cli"',
        "cyclopts": 'extra == "cli"',
        "rich": 'extra == "cli"',
    }


def _declared(*names: str) -> set[str]:
    """These distributions and all that they need, without their extras, as this environment has them."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        needed = map(Requirement, distribution(name).requires or [])
        waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def _copy(package: Distribution, site: Path) -> None:
    for file in package.files or []:
        source = Path(str(package.locate_file(file)))
        if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
            target = site / str(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
