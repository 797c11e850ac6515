"""What can go wrong with a sign-in, beside what can go wrong with a call."""

from polar_client.errors import PolarError


class AuthorizationRefused(PolarError):
    """The server sent the person back without a code (RFC 6749 §4.1.2.1): `access_denied` when they said no."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


class InvalidCallback(PolarError):
    """The callback does not belong to this sign-in: another state or issuer, or what was saved is gone or old.

    Nothing was exchanged. Begin again; when it happens often, somebody may be attacking.
    """


class InvalidIdToken(PolarError):
    """The ID token is not one that this server signed for this client and this sign-in."""


class SignInRequired(PolarError):
    """There are no tokens, or they cannot be refreshed any more: the person has to sign in again."""
