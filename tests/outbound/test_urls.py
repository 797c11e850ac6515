"""URLs that a request may be sent to."""

import pytest

from polar_server.outbound import Refused, Target, read_url


@pytest.mark.parametrize(
    "text, target",
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        ("HTTPS://Example.COM.:443/a/b?c=d&e", Target("https", "example.com", 443, "/a/b?c=d&e")),
        ("https://xn--mnchen-3ya.example/%C3%A9?", Target("https", "xn--mnchen-3ya.example", 443, "/%C3%A9?")),
        ("https://8.8.8.8/h", Target("https", "8.8.8.8", 443, "/h")),
        ("https://[2606:4700::1111]/h", Target("https", "2606:4700::1111", 443, "/h")),
        ("https://a_b.example?x", Target("https", "a_b.example", 443, "/?x")),
    ],
)
def test_a_public_url_has_one_reading(text: str, target: Target) -> None:
    """Scheme, host, port and path, in the one form in which they are used."""
    assert read_url(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "javascript:alert(1)",
        "http://example.com",
        "https://example.com:8443",
        "https://example.com:0443x",
        "https://example.com@10.0.0.5/h",
        "https://user:password@example.com",
        "https://example.com#f",
        "https://example.com/#f",
        "https://example.com\\@10.0.0.5",
        "https://example.com/ a",
        "https://example.com/\r\nx: y",
        "https://exa\tmple.com",
        "https://example.com/\n",
        "https:/example.com",
        "https:///h",
        "https://",
        "https://127。0。0。1/h",
        "https://münchen.example",
        "https://ⓔxample.com",
        "https://localhost/h",
        "https://LOCALHOST./h",
        "https://a.localhost",
        "https://redis",
        "https://metadata.google.internal",
        "https://printer.local",
        "https://router.home.arpa",
        "https://2130706433/h",
        "https://127.1/h",
        "https://0177.0.0.1/h",
        "https://0x7f000001/h",
        "https://0x7f.1/h",
        "https://1.2.3.4.5",
        "https://example..com",
        "https://.example.com",
        f"https://{'a' * 64}.example",
        f"https://example.com/{'a' * 2083}",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
    ],
)
def test_every_other_url_is_refused(text: str) -> None:
    """Other schemes, ports and names, and whatever two readers could take for different hosts."""
    with pytest.raises(Refused):
        read_url(text)


def test_development_may_call_this_machine() -> None:
    """With the setting, http, any port and names without a dot are read; a strange URL is still refused."""
    assert read_url("http://localhost:9000/h", loopback=True) == Target("http", "localhost", 9000, "/h")
    assert read_url("http://[::1]:9000", loopback=True).authority == "[::1]:9000"
    for text in ("http://localhost:0/", "http://localhost:65536/", "http://u@localhost/", "file:///h"):
        with pytest.raises(Refused):
            read_url(text, loopback=True)
