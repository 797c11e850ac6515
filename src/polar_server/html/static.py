"""Static files under an address that changes with their content, so that they may be cached for ever."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_COMMON = "polar.css"
"""What all pages look like. The other style sheets begin with it, so that a page asks for one: a second took 20 ms."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, read and compressed once. `digest` is the first 16 hex digits of its SHA-256."""

    name: str
    digest: str
    content: bytes
    gzipped: bytes
    media_type: str

    @property
    def path(self) -> str:
        return f"/static/{self.digest}/{self.name}"


def load(folder: Path) -> dict[str, StaticFile]:
    """Every file of the folder whose type we serve, by name."""
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    if path.suffix == ".css" and path.name != _COMMON:
        content = path.with_name(_COMMON).read_bytes() + content
    digest = hashlib.sha256(content).hexdigest()[:16]
    return StaticFile(path.name, digest, content, gzip.compress(content, mtime=0), _TYPES[path.suffix])


FILES = load(Path(__file__).parent / "static")
