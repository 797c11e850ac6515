"""What the protocol's endpoints work with."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from polar_server.audit.client_events import ClientEvents
from polar_server.authorization_server.signing_keys import SigningKeys
from polar_server.database import Database
from polar_server.oauth.server_keys import ServerKeys
from polar_server.rate_limits import RateLimits
from polar_server.settings import Settings


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """The parts of a running authorization server. `clock` gives epoch seconds with their fraction."""

    settings: Settings
    database: Database
    server_keys: ServerKeys
    signing_keys: SigningKeys
    clock: Callable[[], float]
    rate_limits: RateLimits
    client_events: ClientEvents
    entropy: Callable[[int], bytes] = os.urandom

    @property
    def issuer(self) -> str:
        return self.settings.issuer


GivenServer = NamedDependency[SkipValidation[AuthorizationServer]]
"""The parameter of a page: what Litestar hands in by its name."""
