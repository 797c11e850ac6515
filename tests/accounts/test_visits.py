"""Whose address a request has."""

import pytest

from polar_server.accounts.visits import client_address, neighbourhood

PROXIES = "10.0.0.1, 10.1.0.0/16"


@pytest.mark.parametrize(
    "peer,forwarded,address",
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "8.8.8.8", "203.0.113.5"),  # the peer is no proxy of ours
        ("10.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("10.0.0.1", "1.1.1.1, 8.8.8.8", "8.8.8.8"),  # the left part is the client's own invention
        ("10.0.0.1", "1.1.1.1, 8.8.8.8, 10.1.2.3", "8.8.8.8"),
        ("10.0.0.1", "10.1.0.9, 10.1.0.8", "10.1.0.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "a, ::1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "8.8.8.8:443", "10.0.0.1"),
        ("", "8.8.8.8", ""),
    ],
)
def test_the_address_is_the_nearest_one_that_is_no_proxy_of_ours(peer: str, forwarded: str, address: str) -> None:
    """X-Forwarded-For is believed from the right, only as far as trusted proxies wrote it."""
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_the_header_means_nothing() -> None:
    """By default the peer is the client."""
    assert client_address("127.0.0.1", "8.8.8.8", "") == "127.0.0.1"


@pytest.mark.parametrize(
    "address,counted",
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("", ""),
    ],
)
def test_an_ipv6_customer_counts_as_one_address(address: str, counted: str) -> None:
    """Limits cannot be dodged within one's own /64."""
    assert neighbourhood(address) == counted
