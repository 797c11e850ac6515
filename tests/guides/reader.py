"""Somebody who follows a guide: a folder, a shell and a Python session that stay open, and a browser."""

import contextlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .blocks import Block, blocks

ROOT = Path(__file__).parents[2]
SHOWN_SERVER = "http://localhost:8000"
_PLACEHOLDER = re.compile(r"\b[a-z_]+_\.\.\.|http://localhost:8001/callback\?\.\.\.")
_PROGRAMS = {"python": "", "pip": "-m pip", "polar": "-m polar_client.command_line", "polar-server": "-m polar_server"}


class Reader:
    """Does what the blocks say, and compares what they print.

    `fill` gives the value of a placeholder such as `polar_ac_...`, as a person would copy it from somewhere; what
    the block before printed is handed to it. `variables` are those of the shell. `browser` is the command, with %s for
    the address, that opens a page.
    """

    patience = 30.0
    """Seconds after which a block hangs."""

    def __init__(
        self,
        folder: Path,
        issuer: str,
        fill: Callable[[str, str], str],
        variables: Mapping[str, str] | None = None,
        *,
        browser: str = "",
    ) -> None:
        self.folder = folder
        self.issuer = issuer
        self.fill = fill
        self.names: dict[str, Any] = {"__name__": "guide"}
        self.printed = ""
        self._shell = subprocess.Popen(
            ["bash", "--norc", "-eu"],
            cwd=folder,
            env={**_environment(folder, browser), **(variables or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._shell.kill()
        self._shell.communicate()

    def follow(self, path: Path) -> None:
        """The whole document, from the top."""
        for block in blocks(path):
            self.do(block)

    def do(self, block: Block) -> None:
        """One block: save it, run it, or compare it with what was printed last."""
        if block.is_output:
            self._compare(block)
        elif block.file:
            (self.folder / block.file).write_text(self._filled(block.text))
        elif block.runs:
            run = self._run_shell if block.language == "sh" else self._run_python
            self.printed = run(self._filled(block.text), block.place).replace(self.issuer, SHOWN_SERVER)
        else:
            assert block.is_setup or block.language not in ("sh", "python"), f"{block.place}: {block.word}"

    def _filled(self, text: str) -> str:
        printed = self.printed.replace(SHOWN_SERVER, self.issuer).strip()
        text = _PLACEHOLDER.sub(lambda found: self.fill(found[0], printed), text)
        return text.replace(SHOWN_SERVER, self.issuer)

    def _run_shell(self, text: str, place: str) -> str:
        assert self._shell.stdin
        assert self._shell.stdout
        script, out, err = (self.folder / f".block.{name}" for name in ("sh", "out", "err"))
        script.write_text(text)
        self._shell.stdin.write(f"source {script} >{out} 2>{err}; echo done\n")
        self._shell.stdin.flush()
        alarm = threading.Timer(self.patience, self._shell.kill)
        alarm.start()
        done = self._shell.stdout.readline()
        alarm.cancel()
        assert done == "done\n", f"{place}: {out.read_text()}{err.read_text()}"
        return out.read_text()

    def _run_python(self, text: str, place: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(text, place, "exec"), self.names)
        return printed.getvalue()

    def _compare(self, block: Block) -> None:
        wanted = re.escape(block.text.strip()).replace(re.escape("..."), ".*?")
        assert re.fullmatch(wanted, self.printed.strip(), re.DOTALL), (
            f"{block.place} says\n{block.text}\nbut this was printed:\n{self.printed}"
        )


def _environment(folder: Path, browser: str) -> dict[str, str]:
    """The variables of a shell in which .venv has the programs of this run, and a browser that asks nobody."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, arguments in _PROGRAMS.items():
        _write_program(programs / name, f'"{sys.executable}" {arguments} "$@"')
    _write_program(programs / "browser", browser.replace("%s", '"$1"') or "false")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLAR_")}
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "src", ROOT / "client" / "src")))
    return {**kept, "PYTHONPATH": paths, "BROWSER": f"{programs / 'browser'} %s &"}


def _write_program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {command}\n")
    path.chmod(0o700)
