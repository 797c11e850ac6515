"""What was sent as a file, as the API takes it, and files in words."""

import base64
import re

from polar_server.html.file_forms import SentFile
from polar_server.resource_server.files import PUBLIC, readable_size
from polar_server.resources.files.kinds import find_image
from polar_server.resources.files.names import DOWNLOAD_TYPE
from polar_server.resources.files.rules import LIMITS, MEBIBYTE

MOST = 100 * MEBIBYTE
"""Bytes that the form takes. Larger files are sent with the API, in parts that can be sent again."""
PURPOSES = {
    "downloadable": "Customers download it",
    "product_media": "A picture of a product",
    "organization_avatar": "The picture of the organization",
}
"""What a file is for, by the service of the API."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def sent_of(purpose: str, file: SentFile) -> dict[str, object]:
    """The body that announces a file in one part, whose checksum is made here."""
    checksum = base64.b64encode(file.sha256).decode()
    part = {"number": 1, "chunk_start": 0, "chunk_end": file.size, "checksum_sha256_base64": checksum}
    return {
        "service": purpose,
        "name": file.name[-255:],
        "mime_type": _media_type(file),
        "size": file.size,
        "checksum_sha256_base64": checksum,
        "upload": {"parts": [part]},
    }


def why_refused(purpose: str, file: SentFile | None) -> dict[str, str]:
    """A sentence for the field that is wrong."""
    if purpose not in PURPOSES:
        return {"purpose": "Choose what the file is for."}
    if file is None:
        return {"file": "Choose a file that is not empty."}
    if file.size > LIMITS[purpose]:
        return {"file": f"The file is too large: a picture has at most {size_words(LIMITS[purpose])}."}
    if purpose in PUBLIC and find_image(file.start) is None:
        return {"file": "This is no picture that can be shown. Choose a PNG, JPEG, GIF or WebP."}
    return {}


def too_large() -> dict[str, str]:
    """What is said of a file that the form does not take."""
    return {"file": f"This file is too large for the form, which takes {size_words(MOST)}. Send it with the API."}


def size_words(size: int) -> str:
    """`100 MB`, `3.1 MB`: a size, without a fraction that says nothing."""
    return readable_size(size).replace(".0 ", " ")


def _media_type(file: SentFile) -> str:
    """Of a picture what it is, of all else what its sender says."""
    return find_image(file.start) or (file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else DOWNLOAD_TYPE)
