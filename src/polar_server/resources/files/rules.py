"""What a new file and its parts must keep to."""

import base64
import hashlib
from collections.abc import Iterable, Sequence

from polar_server.database import Row
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid
from polar_server.resource_server.files import PUBLIC
from polar_server.resources.files.kinds import IMAGES, find_image
from polar_server.resources.files.schemas import CompletedPart, FileCreate, PartCreate
from polar_server.storage import Part, SentPart, Stored

MEBIBYTE = 1_048_576
LIMITS = {"downloadable": 10_240 * MEBIBYTE, "product_media": 10 * MEBIBYTE, "organization_avatar": MEBIBYTE}
"""Bytes of one file, for each service."""


def check_file(new: FileCreate, least_part: int) -> None:
    """The limits of the service, and parts that cover the file. Raises RequestValidationError."""
    if new.size > LIMITS[new.service]:
        raise invalid("size", f"A file of this service has at most {LIMITS[new.service]} bytes.", "less_than_equal")
    if new.service in PUBLIC and new.mime_type not in IMAGES:
        raise invalid("mime_type", f"This must be one of {', '.join(sorted(IMAGES))}.", "enum", new.mime_type)
    _check_parts(new.upload.parts, new.size, least_part)


def _check_parts(parts: Sequence[PartCreate], size: int, least_part: int) -> None:
    end = 0
    for index, part in enumerate(parts):
        if part.number != index + 1:
            raise _wrong(index, "number", f"Parts are numbered from 1 in their order; this one is {index + 1}.")
        if part.chunk_start != end or part.chunk_end <= end:
            raise _wrong(index, "chunk_start", "Each part begins where the one before it ends, and is not empty.")
        if part.chunk_end - part.chunk_start < least_part and part is not parts[-1]:
            raise _wrong(index, "chunk_end", f"Every part but the last has at least {least_part} bytes.")
        end = part.chunk_end
    if end != size:
        raise _wrong(len(parts) - 1, "chunk_end", "The last part must end where the file ends.")
    if len({part.checksum_sha256_base64 is None for part in parts}) > 1:
        raise invalid("upload.parts", "Give the checksums of all parts, or of none.")


def match_parts(parts: Sequence[Part], sent: Sequence[CompletedPart]) -> list[tuple[Part, SentPart]]:
    """Each announced part with what was sent of it. Raises RequestValidationError unless every one is there once."""
    by_number = {part.number: part for part in sent}
    if len(by_number) != len(sent) or by_number.keys() != {part.number for part in parts}:
        raise invalid("parts", "Name every part of the upload once.")
    pairs = [(part, by_number[part.number]) for part in parts]
    return [(part, SentPart(part.number, said.checksum_etag, said.checksum_sha256_base64)) for part, said in pairs]


def checksum_of(pairs: Iterable[tuple[Part, SentPart]]) -> str | None:
    """The checksum of the whole: SHA-256 over the digests of the parts; None when one of them is not known."""
    known = [part.sha256 or sent.sha256 for part, sent in pairs]
    digests = [base64.b64decode(text) for text in known if text is not None]
    return _sha256(b"".join(digests)) if len(digests) == len(known) else None


def why_refused(stored: Stored, row: Row, found: Sequence[str]) -> RequestValidationError | None:
    """What is wrong with an object that was joined: its size, its checksum, or what it really is."""
    size, checksum, kind = row["size"], row["checksum"], row["mime_type"]
    if stored.size != size:
        return invalid("parts", f"The file has {stored.size} bytes, not {size}. It was removed.")
    if checksum is not None and checksum not in found:
        return invalid("parts", "The checksum of the file is not the announced one. It was removed.")
    if row["service"] in PUBLIC and find_image(stored.start) != kind:
        return invalid("parts", f"The file is no image of the type {kind}. It was removed.")
    return None


def possible_checksums(stored: Stored, pairs: Sequence[tuple[Part, SentPart]]) -> list[str]:
    """What a sender may have announced: the digest over those of the parts, or that of the file."""
    whole = None if stored.sha256 is None else base64.b64encode(stored.sha256).decode()
    only = (pairs[0][0].sha256 or pairs[0][1].sha256) if len(pairs) == 1 else None
    return [found for found in (checksum_of(pairs), whole, only) if found is not None]


def refused_part(number: int, reason: str) -> RequestValidationError:
    """The refusal of one part of an upload, or of all of them."""
    place: tuple[str | int, ...] = ("body", "parts", number - 1) if number else ("body", "parts")
    return RequestValidationError([Issue(place, reason)])


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _wrong(index: int, member: str, msg: str) -> RequestValidationError:
    return RequestValidationError([Issue(("body", "upload", "parts", index, member), msg)])
