"""Virtual environments for libraries that cannot live in ours, made once and kept in build/."""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "sdks"


def python_with(requirements: str) -> Path:
    """The Python of an environment with requirements/<name>.txt. It is made when the file is new; then no network
    is needed any more.
    """
    path = ROOT / "requirements" / f"{requirements}.txt"
    digest = hashlib.sha256(path.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = KEPT / f"{requirements}-{digest}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{requirements}.lock").open("w") as lock:
        # Test processes beside this one wait until it is made.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _make(folder, path)
    return folder / "bin" / "python"


def _make(folder: Path, requirements: Path) -> None:
    venv.create(folder, clear=True, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([folder / "bin" / "python", *install, "--requirement", requirements], check=True)
    (folder / "ready").touch()
