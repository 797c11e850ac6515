"""What was typed about an app, as the metadata that registration takes (RFC 7591 §2), or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from polar_server.dashboard.scopes import after_choice, boxes_of, chosen_in
from polar_server.oauth import redirect_uris, registration, scopes
from polar_server.oauth.clients import AuthMethod, RegisteredClient
from polar_server.oauth.errors import InvalidClientMetadata, InvalidRedirectUri, OAuthError
from polar_server.oauth.registration import ClientMetadata

KINDS = {
    "confidential": ("It runs on a server", "The server keeps a secret, by which it proves itself."),
    "public": ("It runs with its people", "In a browser, on a phone or in a terminal, where no secret stays one."),
}
"""What kind of client it is (RFC 6749 §2.1), by the value of the field."""
SUB_TYPES = {
    "user": ("The person who signs in", "It sees what they may see, in all of their organizations."),
    "organization": ("One organization", "The person chooses it when they allow the app, and it acts for that one."),
}
LINKS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")

_NEW = {"kind": "confidential", "default_sub_type": "user", "id_token_signed_response_alg": "RS256"}
_NO_URI = "Enter at least one address, to which people come back."
_BLANK = {"client_name": "App", "redirect_uris": ["https://app.example/"]}


@dataclass(frozen=True, slots=True)
class TypedApp:
    """An app as it was typed, checked."""

    metadata: ClientMetadata
    require_pkce: bool


def new_form() -> dict[str, str]:
    """The fields of an app that is not there yet."""
    return _NEW | boxes_of(("openid", "profile", "email"))


def form_of(client: RegisteredClient) -> dict[str, str]:
    """The fields of an app that is there."""
    fields = {
        "kind": kind_of(client),
        "client_name": client.name,
        "redirect_uris": "\n".join(client.redirect_uris),
        "default_sub_type": client.default_sub_type.value,
        "id_token_signed_response_alg": client.id_token_alg,
        "without_pkce": "" if client.require_pkce else "true",
        **{name: getattr(client, name) or "" for name in LINKS},
    }
    return fields | boxes_of(client.scope.split())


def kind_of(client: RegisteredClient) -> str:
    """The key of KINDS."""
    return "public" if client.is_public else "confidential"


def read_app(form: Mapping[str, str], client: RegisteredClient | None = None) -> tuple[TypedApp | None, dict[str, str]]:
    """The app, or a sentence for each field that has a mistake. `client` is the app that is changed."""
    kind = form.get("kind", "") if client is None else kind_of(client)
    if kind not in KINDS:
        return None, {"kind": "Choose where the app runs."}
    body = _body_of(form, kind)
    errors = _errors_of(body, form, kind)
    if errors:
        return None, errors
    metadata = registration.read(body)
    if client is None and kind == "confidential":
        # Nobody chose how the secret is sent, so either way is as good.
        metadata = replace(metadata, token_endpoint_auth_method=AuthMethod.CLIENT_SECRET_ANY)
    elif client is not None:
        metadata = replace(
            metadata, token_endpoint_auth_method=client.auth_method, grant_types=tuple(client.grant_types.split())
        )
    return TypedApp(metadata, kind == "public" or not form.get("without_pkce")), {}


def to_show_again(
    form: Mapping[str, str], client: RegisteredClient | None = None
) -> tuple[Mapping[str, str], dict[str, str]] | None:
    """A form that was not sent yet, with its mistakes: a button chose its scopes, or it is still typed. None otherwise.

    `typing` is the number of the line of redirect URIs that is not finished, so nothing is said of it.
    """
    if (chosen := after_choice(form, scopes.NAMES)) is not None:
        return chosen, {}
    if (typing := form.get("typing")) is None:
        return None
    kind = form.get("kind") if client is None else kind_of(client)
    finished = [line for line in lines_of(form.get("redirect_uris", "")) if str(line[0]) != typing]
    return form, _uri_errors(finished, public=kind == "public")


def lines_of(text: str) -> list[tuple[int, str]]:
    """The redirect URIs that stand one on a line, each with the number of its line."""
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _body_of(form: Mapping[str, str], kind: str) -> dict[str, Any]:
    return {
        **{name: form.get(name, "").strip() for name in ("client_name", *LINKS)},
        "redirect_uris": [uri for _, uri in lines_of(form.get("redirect_uris", ""))],
        "token_endpoint_auth_method": "none" if kind == "public" else "client_secret_post",
        "scope": " ".join(chosen_in(form)),
        "default_sub_type": form.get("default_sub_type"),
        "id_token_signed_response_alg": form.get("id_token_signed_response_alg"),
    }


def _errors_of(body: Mapping[str, Any], form: Mapping[str, str], kind: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if _refused({"client_name": body["client_name"]}):
        errors["client_name"] = f"Enter a name of at most {registration.MAX_NAME} characters: people see it."
    for name in LINKS:
        if refused := _refused({name: body[name]}):
            errors[name] = refused.description.removeprefix(f"{name}: ")
    lines = lines_of(form.get("redirect_uris", ""))
    errors |= _uri_errors(lines, public=kind == "public") if lines else {"redirect_uris": _NO_URI}
    if not scopes.known(body["scope"].split()):
        errors["scope"] = "Choose at least one scope."
    for name in ("default_sub_type", "id_token_signed_response_alg"):
        if body[name] is None or _refused({name: body[name]}):
            errors[name] = "Choose one of these."
    return errors


def _uri_errors(lines: list[tuple[int, str]], *, public: bool) -> dict[str, str]:
    """A sentence for each line that cannot be registered, below one another."""
    if len(lines) > redirect_uris.MAX_COUNT:
        return {"redirect_uris": f"Enter at most {redirect_uris.MAX_COUNT} addresses."}
    found = []
    for number, uri in lines:
        try:
            redirect_uris.check_registrable(uri, public=public)
        except InvalidRedirectUri as error:
            found.append(f"Line {number}: {error.description}")
    return {"redirect_uris": "\n".join(found)} if found else {}


def _refused(members: Mapping[str, Any]) -> OAuthError | None:
    """What registration says to these members, when all others are in order."""
    try:
        registration.read({**_BLANK, **members})
    except InvalidClientMetadata as error:
        return error
    return None
