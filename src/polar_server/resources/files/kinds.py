"""What kind of file some bytes are, whatever their sender calls them (WHATWG MIME Sniffing §6.1)."""

from collections.abc import Mapping

_SIGNATURES: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}

IMAGES = frozenset({*_SIGNATURES.values(), "image/webp"})
"""Images that can hold no script. SVG can, so it is handed out as a download only."""


def find_image(start: bytes) -> str | None:
    """The type of the image that begins so, None when it is none of IMAGES."""
    if start[:4] == b"RIFF" and start[8:14] == b"WEBPVP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES.items() if start.startswith(signature)), None)
