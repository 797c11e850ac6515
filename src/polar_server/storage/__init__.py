"""Where the bytes of files are: a folder of this host, or a bucket that speaks the protocol of S3."""

from collections.abc import Callable

from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings
from polar_server.storage.local import LocalStorage
from polar_server.storage.objects import (
    BytesRefused,
    Download,
    Part,
    PartRefused,
    PartUrl,
    SentPart,
    Storage,
    StorageFailed,
    Stored,
)
from polar_server.storage.s3_location import read_location
from polar_server.storage.signed_urls import Signer

__all__ = [
    "BytesRefused",
    "Download",
    "LocalStorage",
    "Part",
    "PartRefused",
    "PartUrl",
    "SentPart",
    "Storage",
    "StorageFailed",
    "Stored",
    "read_location",
    "storage_for",
]


def storage_for(settings: Settings, server_keys: ServerKeys, clock: Callable[[], float]) -> Storage:
    """The storage that the settings ask for. Raises SettingsError for a URL that cannot be read."""
    if settings.storage_url:
        from polar_server.storage.s3 import S3Storage  # noqa: PLC0415 - httpcore: 1.5 MB, for buckets only

        return S3Storage(read_location(settings), clock)
    return LocalStorage(settings.data_dir / "files", f"{settings.issuer}/v1/files", Signer(server_keys))
