"""Code that signs people in to an app, with its real ids and without its secret."""

import json
import shlex
from typing import Any

from polar_server.dashboard.apps.developers import Developer
from polar_server.dashboard.apps.trying import callback_of
from polar_server.oauth.clients import AuthMethod, RegisteredClient

LANGUAGES = {"curl": "curl", "python": "Python, with polar-client", "javascript": "JavaScript, with oauth4webapi"}
"""The snippets, by the name of their template."""

_IDENTITY = ("openid", "profile", "email")
_FROM_ENVIRONMENT = "process.env.POLAR_CLIENT_SECRET"


def snippets_of(developer: Developer, client: RegisteredClient) -> dict[str, str]:
    """Each snippet by its language."""
    values = _values(developer, client)
    return {
        title: developer.pages.text(f"dashboard/apps/snippets/{name}.txt", **values).strip()
        for name, title in LANGUAGES.items()
    }


def _values(developer: Developer, client: RegisteredClient) -> dict[str, Any]:
    callback = callback_of(developer, client)
    redirect_uri = next((uri for uri in client.redirect_uris if uri != callback), callback)
    asked = [name for name in _IDENTITY if name in client.scopes] or client.scope.split()
    return {
        "client_id": client.client_id,
        "redirect_uri": shlex.quote(redirect_uri),
        # A URI holds neither a quotation mark nor a backslash, so JSON's text is Python's and JavaScript's too.
        "redirect_uri_text": json.dumps(redirect_uri),
        "scope": " ".join(asked),
        "algorithm": client.id_token_alg,
        "is_public": client.is_public,
        "is_basic": client.auth_method is AuthMethod.CLIENT_SECRET_BASIC,
        "is_insecure": developer.server.issuer.startswith("http://"),
        "authentication": _authentication(client.auth_method),
    }


def _authentication(method: AuthMethod) -> str:
    if method is AuthMethod.NONE:
        return "oauth.None()"
    kind = "Basic" if method is AuthMethod.CLIENT_SECRET_BASIC else "Post"
    return f"oauth.ClientSecret{kind}({_FROM_ENVIRONMENT})"
