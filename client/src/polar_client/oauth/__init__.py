"""Sign-in with Polar and tokens for its API: the client's side of OAuth 2.0 and OpenID Connect.

    from polar_client.oauth import OAuthApp

    app = OAuthApp(client_id, client_secret, redirect_uri="https://app.example/callback", issuer="https://id.example")
    started = app.authorization_url(scope="openid profile email")
    # keep started.saved in a cookie, and redirect to started.url; then, at the redirect URI:
    tokens = app.exchange(callback_url, saved)
    print(tokens.claims.sub)

`Sessions` keeps tokens encrypted in a `Vault` and refreshes them when they are due.
"""

try:
    import cryptography as _cryptography
except ImportError as error:
    raise ImportError("polar_client.oauth needs the extra `oauth`: pip install 'polar-client[oauth]'") from error

from polar_client.oauth.apps import AsyncOAuthApp, OAuthApp
from polar_client.oauth.errors import AuthorizationRefused, InvalidCallback, InvalidIdToken, SignInRequired
from polar_client.oauth.id_tokens import Claims
from polar_client.oauth.saved import Started
from polar_client.oauth.sessions import AsyncSessions, Sessions
from polar_client.oauth.stores import MemoryStore, SQLiteStore, Store, Vault, new_key
from polar_client.oauth.tokens import Introspection, Tokens

del _cryptography

__all__ = [
    "AsyncOAuthApp",
    "AsyncSessions",
    "AuthorizationRefused",
    "Claims",
    "Introspection",
    "InvalidCallback",
    "InvalidIdToken",
    "MemoryStore",
    "OAuthApp",
    "SQLiteStore",
    "Sessions",
    "SignInRequired",
    "Started",
    "Store",
    "Tokens",
    "Vault",
    "new_key",
]
