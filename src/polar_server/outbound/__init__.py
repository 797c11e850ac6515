"""The one door for requests that this server makes: nothing inside the network can be reached through it."""

from polar_server.outbound.addresses import Refused
from polar_server.outbound.requests import Answer, Outbound, Unreachable
from polar_server.outbound.urls import Target, read_url

__all__ = ["Answer", "Outbound", "Refused", "Target", "Unreachable", "read_url"]
