"""What the guide needs of `systemctl`, on a machine without systemd: units are started as their files say.

    python systemctl.py ROOT start|stop|restart|reload|enable --now UNIT...

Process ids are kept in ROOT/run. `nginx` and `caddy` are services without a file of ours.
"""

import configparser
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_DEADLINE = 20.0


def main(root: Path, verb: str, units: list[str]) -> None:
    """Do one command."""
    for unit in units:
        if verb in ("stop", "restart", "reload"):
            stop(root, unit)
        if verb != "stop":
            start(root, unit)


def start(root: Path, unit: str) -> None:
    """Start a unit and go on, as systemd does with a simple service."""
    if unit == "caddy":
        stop(root, "nginx")  # one takes the place of the other
    command, variables = _told(root, unit)
    with (root / "run" / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (root / "run" / f"{unit}.pid").write_text(str(process.pid))


def stop(root: Path, unit: str) -> None:
    """End a unit, kindly at first. One that does not run is no error."""
    path = root / "run" / f"{unit}.pid"
    if not path.exists():
        return
    group = int(path.read_text())
    with suppress(ProcessLookupError):
        os.kill(group, signal.SIGTERM)
        _wait_for_end(group)
        os.killpg(group, signal.SIGKILL)
    path.unlink()


def _wait_for_end(group: int) -> None:
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        os.killpg(group, 0)
        time.sleep(0.02)


def _told(root: Path, unit: str) -> tuple[list[str], Mapping[str, str]]:
    if unit == "nginx":
        return ["nginx", "-g", "daemon off;"], {}
    if unit == "caddy":
        return ["caddy"], {}
    file = configparser.ConfigParser(interpolation=None)
    file.optionxform = str  # type: ignore[assignment,method-assign]
    assert file.read(root / "etc/systemd/system" / f"{unit}.service"), f"no unit {unit}"
    service = file["Service"]
    name, _, value = service["Environment"].partition("=")
    return shlex.split(service["ExecStart"]), {name: value}


if __name__ == "__main__":
    words = [word for word in sys.argv[2:] if not word.startswith("--")]
    if words[0] != "daemon-reload":
        main(Path(sys.argv[1]), "start" if words[0] == "enable" else words[0], words[1:])
