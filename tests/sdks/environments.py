"""Virtual environments for libraries that cannot live in ours, made once and kept in build/."""

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
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([python, *install, "--requirement", path], check=True)
        ready.touch()
    return python
