"""Reading POLAR_STORAGE_URL."""

import pytest

from polar_server.settings import Settings, SettingsError
from polar_server.storage.s3_location import Location, read_location


def _settings(url: str, environment: str = "development") -> Settings:
    return Settings(storage_url=url, storage_access_key="id", storage_secret_key="secret", environment=environment)


@pytest.mark.parametrize(
    "url,origin,path,region",
    [
        ("s3://files", "https://files.s3.us-east-1.amazonaws.com", "/", "us-east-1"),
        (
            "s3://files/a/b/?region=eu-central-1",
            "https://files.s3.eu-central-1.amazonaws.com",
            "/a/b/",
            "eu-central-1",
        ),
        ("s3://files?endpoint=http://127.0.0.1:9000&region=x", "http://127.0.0.1:9000", "/files/", "x"),
        ("s3://files/a?endpoint=https://s3.example", "https://s3.example", "/files/a/", "us-east-1"),
    ],
)
def test_the_parts_of_the_url(url: str, origin: str, path: str, region: str) -> None:
    """Amazon's buckets have their own hosts; with an endpoint the bucket is in the path."""
    assert read_location(_settings(url)) == Location(origin, path, region, "id", "secret")


@pytest.mark.parametrize(
    "settings",
    [
        _settings("https://files.example"),
        _settings("s3://"),
        _settings("s3://files?reigon=x"),
        _settings("s3://files?endpoint=ftp://host"),
        _settings("s3://files?endpoint=https://host/path"),
        _settings("s3://files?endpoint=http://host", "production"),
        Settings(storage_url="s3://files", storage_access_key="id"),
    ],
)
def test_what_cannot_be_read_stops_the_start(settings: Settings) -> None:
    """A URL that says too little or nonsense is refused, and the message names the variable."""
    with pytest.raises(SettingsError, match="POLAR_STORAGE"):
        read_location(settings)


def test_the_secret_is_not_shown() -> None:
    """The secret key is in no representation, so it cannot get into a log."""
    assert "secret" not in repr(read_location(_settings("s3://files")))
