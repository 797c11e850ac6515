"""Addresses that a request may go to."""

import pytest

from polar_server.outbound.addresses import is_public, read_address

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]
WRAPPED = ["::ffff:8.8.8.8", "64:ff9b::808:808"]
INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.5",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.5",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::169.254.169.254",  # IPv4-compatible
    "::ffff:10.0.0.1",  # IPv4-mapped
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",  # IPv4-translated
    "64:ff9b::a9fe:a9fe",  # NAT64
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",  # NAT64 of a local network
    "100::1",
    "2001::1",  # Teredo
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",  # 6to4
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("text", PUBLIC + WRAPPED)
def test_a_public_server_can_be_reached(text: str) -> None:
    """Global unicast addresses, also an IPv4 host's in the two forms of IPv6 that networks use today."""
    assert is_public(read_address(text))


@pytest.mark.parametrize("text", INSIDE)
def test_nothing_else_can_be_reached(text: str) -> None:
    """Special addresses in every form (RFC 6890), those that Python calls global included."""
    assert not is_public(read_address(text))


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%lo", "2606:4700::1%1", "127.1", "0x7f.0.0.1", "localhost", ""])
def test_what_is_no_address_is_not_read_as_one(text: str) -> None:
    """Zones, short and hexadecimal forms, and names."""
    with pytest.raises(ValueError, match=r".*"):
        read_address(text)
