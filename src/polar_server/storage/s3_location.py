"""Where a bucket is, and who may use it: `s3://bucket/prefix?endpoint=https://...&region=...`."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from polar_server.settings import Settings, SettingsError

_EXAMPLE = "It must look like s3://bucket?region=eu-central-1 or s3://bucket/folder?endpoint=https://host&region=name."


@dataclass(frozen=True, slots=True)
class Location:
    """A bucket. `origin` and `path` say where its objects are: `origin + path + key`."""

    origin: str
    path: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc


def read_location(settings: Settings) -> Location:
    """The bucket of POLAR_STORAGE_URL. Raises SettingsError."""
    url = urlsplit(settings.storage_url)
    options = dict(parse_qsl(url.query))
    if url.scheme != "s3" or not url.netloc or options.keys() - {"endpoint", "region"}:
        raise SettingsError(f"POLAR_STORAGE_URL cannot be read. {_EXAMPLE}")
    if not settings.storage_access_key or not settings.storage_secret_key:
        raise SettingsError("POLAR_STORAGE_URL needs POLAR_STORAGE_ACCESS_KEY and POLAR_STORAGE_SECRET_KEY.")
    region = options.get("region", "us-east-1")
    origin, path = _address(url.netloc, options.get("endpoint"), region, settings)
    prefix = url.path.strip("/")
    path = f"{path}{prefix}/" if prefix else path
    return Location(origin, path, region, settings.storage_access_key, settings.storage_secret_key)


def _address(bucket: str, endpoint: str | None, region: str, settings: Settings) -> tuple[str, str]:
    """Amazon's buckets have hosts of their own; elsewhere the bucket is the first step of the path."""
    if endpoint is None:
        return f"https://{bucket}.s3.{region}.amazonaws.com", "/"
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise SettingsError(f"The endpoint in POLAR_STORAGE_URL cannot be read. {_EXAMPLE}")
    if settings.is_production and parts.scheme == "http":
        raise SettingsError("The endpoint in POLAR_STORAGE_URL must be an https URL in production.")
    return f"{parts.scheme}://{parts.netloc}", f"/{bucket}/"
