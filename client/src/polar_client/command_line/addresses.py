"""Addresses that people type, checked before anything is sent there."""

import httpx

from polar_client.command_line.output import Refused

LOCAL = ("localhost", "127.0.0.1", "::1")


def server_at(text: str) -> str:
    """The address of a server. Raises Refused where tokens would travel in the clear (RFC 6750 §5.3)."""
    url = _url(text)
    if url is None or url.query or url.fragment:
        raise Refused(f"{text} is no address of a server. Write one like https://polar.example.")
    if url.scheme == "http" and url.host not in LOCAL:
        raise Refused(f"{text} is not encrypted, so tokens would be seen on the way. Use https.")
    return text.rstrip("/")


def program_at(text: str) -> str:
    """The address of a program. Raises Refused."""
    if _url(text) is None:
        raise Refused(f"{text} is no address to send to. Write one like http://localhost:3000/webhooks.")
    return text


def is_local(server: str) -> bool:
    """Whether the server runs on this machine."""
    return httpx.URL(server).host in LOCAL


def _url(text: str) -> httpx.URL | None:
    """The URL, if it is one that can be called, without a password in it."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    fits = url.scheme in ("http", "https") and url.host and not url.userinfo and 0 < (url.port or 1) < 65536
    return url if fits else None
