"""Bytes in parts, and what is announced and said about them."""

import base64
import hashlib
from collections.abc import AsyncIterator, Sequence

from polar_server.storage import Part, SentPart


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def announced(pieces: Sequence[bytes]) -> list[Part]:
    """The parts with their lengths and checksums."""
    return [Part(number, len(piece), sha256(piece)) for number, piece in enumerate(pieces, 1)]


def said(parts: Sequence[Part], etags: Sequence[str]) -> list[tuple[Part, SentPart]]:
    """Each part with the ETag that came back for it."""
    return [(part, SentPart(part.number, etag, part.sha256)) for part, etag in zip(parts, etags, strict=True)]


async def streamed(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
