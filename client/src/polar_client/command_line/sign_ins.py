"""The sign-in of this computer at a server: one public client, the tokens, and their refresh, once across processes."""

import time
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from polar_client.clients import Polar
from polar_client.command_line import keeping
from polar_client.command_line.keeping import Place, locked, store_at, write_privately
from polar_client.errors import ApiError, BadRequestError, NotFoundError, PolarError, UnauthorizedError
from polar_client.oauth import OAuthApp, SignInRequired, Tokens
from polar_client.shapes import Shape

REDIRECT_URI = "http://127.0.0.1/callback"
CLIENT_NAME = "Polar command line"
_OVER = ("invalid_grant", "invalid_client")
"""The server's words for tokens that no refresh brings back (RFC 6749 §5.2)."""


class Chosen(Struct):
    """What is remembered in the open: the server of the last sign-in, and where the secrets are."""

    server: str
    place: Place


class Kept(Shape):
    """What is kept in secret for one server. The registration token tells whether the client is still there."""

    hidden = frozenset({"registration_access_token"})

    client_id: str
    registration_access_token: str
    tokens: Tokens | None = None


class SignIn:
    """The sign-in at one server."""

    def __init__(self, folder: Path, chosen: Chosen) -> None:
        self.server = chosen.server
        self.place: Place = chosen.place
        self._folder = folder
        self._store = store_at(chosen.place, folder)

    def access_token(self) -> str:
        """A token that is good for half a minute at least. Raises SignInRequired, and what calls raise."""
        _, tokens = self._required()
        return tokens.access_token if tokens.is_fresh(time.time()) else self._refreshed().access_token

    def client_id(self) -> str:
        """The client of this computer, registered when there is none yet, or when the server has forgotten it."""
        with locked(self._folder), Polar(base_url=self.server) as anyone:
            kept = self._load()
            if kept is not None and _is_known(anyone, kept):
                return kept.client_id
            made = anyone.oauth2.create_client(
                client_name=CLIENT_NAME,
                redirect_uris=[REDIRECT_URI],
                token_endpoint_auth_method="none",  # noqa: S106  public
            )
            self._keep(Kept(client_id=made.client_id, registration_access_token=made.registration_access_token or ""))
            return made.client_id

    def begin(self, client_id: str, tokens: Tokens) -> None:
        """Keep the tokens of a sign-in, end those of the one before, and make this server the one that is used."""
        with locked(self._folder):
            kept = self._load()
            if kept is None or kept.client_id != client_id:
                raise SignInRequired("Another sign-in was under way at the same time.")
            old, kept.tokens = kept.tokens, tokens
            self._keep(kept)
            chosen = Chosen(self.server, self.place)
            write_privately(self._folder / "polar.json", msgspec.json.encode(chosen))
        if old is not None:
            with suppress(PolarError):
                self._revoke(client_id, old)

    def end(self) -> None:
        """Forget the tokens, then revoke them. The client stays, for the next time. Raises what calls raise."""
        with locked(self._folder):
            kept, tokens = self._required()
            kept.tokens = None
            self._keep(kept)
        self._revoke(kept.client_id, tokens)

    def _refreshed(self) -> Tokens:
        with locked(self._folder):
            # Whoever waited for the lock finds what the first one got.
            kept, tokens = self._required()
            if not tokens.is_fresh(time.time()):
                tokens = kept.tokens = self._successor(kept, tokens)
                self._keep(kept)
            return tokens

    def _successor(self, kept: Kept, tokens: Tokens) -> Tokens:
        if tokens.refresh_token is None:
            raise SignInRequired("The sign-in is over.")
        try:
            with self._app(kept.client_id) as app:
                return app.refresh(tokens)
        except (BadRequestError, UnauthorizedError) as error:
            if error.error not in _OVER:
                raise
        kept.tokens = None
        self._keep(kept)
        raise SignInRequired("The sign-in is over: it was revoked, or not used for long.")

    def _revoke(self, client_id: str, tokens: Tokens) -> None:
        with self._app(client_id) as app:
            app.revoke(tokens.refresh_token or tokens.access_token)

    def _app(self, client_id: str) -> OAuthApp:
        return OAuthApp(client_id, redirect_uri=REDIRECT_URI, issuer=self.server)

    def _required(self) -> tuple[Kept, Tokens]:
        kept = self._load()
        if kept is None or kept.tokens is None:
            raise SignInRequired("Nobody is signed in.")
        return kept, kept.tokens

    def _load(self) -> Kept | None:
        content = self._store.get(self.server)
        try:
            return None if content is None else msgspec.json.decode(content, type=Kept)
        except msgspec.DecodeError:
            return None

    def _keep(self, kept: Kept) -> None:
        if kept.tokens is not None:
            # Its claims are kept; the text itself is long, and keyrings are small.
            kept.tokens.id_token = None
        self._store.put(self.server, msgspec.json.encode(kept))


def current() -> SignIn:
    """The sign-in that commands use. Raises SignInRequired."""
    folder = keeping.folder()
    chosen = _chosen(folder)
    if chosen is None:
        raise SignInRequired("Nobody is signed in.")
    return SignIn(folder, chosen)


def at(server: str | None, default: str) -> SignIn:
    """The sign-in at this server, or at that of the last one; to be begun, or begun already."""
    folder = keeping.folder()
    chosen = _chosen(folder)
    address = server or (chosen.server if chosen else default)
    # What was once kept in one place stays there, so that nothing is left behind in the other.
    return SignIn(folder, Chosen(address, chosen.place if chosen else keeping.best_place()))


def _chosen(folder: Path) -> Chosen | None:
    try:
        return msgspec.json.decode((folder / "polar.json").read_bytes(), type=Chosen)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _is_known(anyone: Polar, kept: Kept) -> bool:
    token = kept.registration_access_token
    if not token:
        return True
    try:
        anyone.oauth2.get_client(kept.client_id, registration_access_token=token)
    except (UnauthorizedError, NotFoundError):
        return False
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True
