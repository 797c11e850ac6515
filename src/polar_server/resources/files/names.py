"""Names of files: labels for people. No name decides where anything is kept."""

import re
import unicodedata
from urllib.parse import quote

from polar_server.resource_server.errors import invalid

DOWNLOAD_TYPE = "application/octet-stream"
"""What every download is called, so that no program opens it by itself."""

_FOLDERS = re.compile(r"[/\\]")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._-]")


def clean_name(name: str) -> str:
    """The name without folders, and without characters that hide or reorder others. Raises RequestValidationError."""
    last = _FOLDERS.split(name)[-1]
    # Category C: control characters, bidirectional overrides and other formats, surrogates, and what is not assigned.
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    cleaned = visible.strip(" .")
    if not cleaned:
        raise invalid("name", "This is not the name of a file.", "value_error", name)
    return cleaned


def attachment(name: str) -> str:
    """Content-Disposition of a download (RFC 6266 §4): the name in plain ASCII, and in full (RFC 8187)."""
    return f"attachment; filename=\"{_NOT_PLAIN.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"
