"""Signature Version 4, held against Amazon's own example and Amazon's own library."""

import warnings
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from polar_server.storage.s3_location import Location
from polar_server.storage.signatures import Wish, presign

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
AMAZON = Location("https://examplebucket.s3.amazonaws.com", "/", "us-east-1", "AKIAIOSFODNN7EXAMPLE", SECRET)
NOW = 1_369_353_600


def test_the_published_example() -> None:
    """The presigned URL of the S3 API reference, "Authenticating Requests: Using Query Parameters"."""
    url = presign(AMAZON, Wish("GET", "/test.txt", {}, {}, 86_400), NOW)
    assert url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize(
    "wish",
    [
        Wish("GET", "/folder/a b+c~é.txt", {"response-content-disposition": 'attachment; filename="a b"'}, {}, 60),
        Wish(
            "PUT",
            "/key",
            {"partNumber": "2", "uploadId": "a/b=c"},
            {"x-amz-checksum-sha256": "a+/=", "x-amz-sdk-checksum-algorithm": "SHA256"},
            3600,
        ),
        Wish("POST", "/key", {"uploads": ""}, {"x-amz-checksum-algorithm": "SHA256"}, 60),
    ],
    ids=["download", "part", "begin"],
)
def test_the_same_as_botocore(monkeypatch: pytest.MonkeyPatch, wish: Wish) -> None:
    """The signature is the one that Amazon's library makes for the same request."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its libraries, on import
        from botocore import auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_: datetime.fromtimestamp(NOW, UTC), raising=True)
    request: Any = AWSRequest(wish.method, _unsigned(wish), headers=dict(wish.headers))
    signer = auth.S3SigV4QueryAuth(Credentials(AMAZON.access_key, SECRET), "s3", "us-east-1", wish.lifetime)
    signer.add_auth(request)
    assert _signature(request.url) == _signature(presign(AMAZON, wish, NOW))


def _unsigned(wish: Wish) -> str:
    query = urlencode(wish.query, quote_via=quote, safe="")
    return f"{AMAZON.origin}{quote(wish.path)}" + (f"?{query}" if query else "")


def _signature(url: str) -> str:
    return url.partition("X-Amz-Signature=")[2].partition("&")[0]
