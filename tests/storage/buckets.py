"""A bucket on a real HTTP server: moto's, in a thread of the test run."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

BUCKET = "lighthouse"


@contextmanager
def bucket() -> Iterator[str]:
    """The endpoint of a server that has one bucket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its libraries, on import
        from moto.server import ThreadedMotoServer
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        made = httpx.put(f"http://{host}:{port}/{BUCKET}", headers={"Authorization": _ANYBODY}, content=b"")
        assert made.status_code == 200, made.text
        yield f"http://{host}:{port}"
    finally:
        server.stop()


# It asks who calls, and believes everybody.
_ANYBODY = "AWS4-HMAC-SHA256 Credential=key/20270115/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
