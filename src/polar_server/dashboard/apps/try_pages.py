"""`/dashboard/apps/{client_id}/try`: a sign-in to the app, step by step."""

import json
from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from polar_server.authorization_server import clients
from polar_server.authorization_server.found_tokens import revoke_found
from polar_server.dashboard.apps import forms, trying
from polar_server.dashboard.apps.decoding import decode
from polar_server.dashboard.apps.developers import ONE, Developer, GivenDeveloper
from polar_server.dashboard.apps.trying import Exchange
from polar_server.html import Page
from polar_server.oauth import tokens
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.redirect_uris import MAX_COUNT
from polar_server.oauth.server_keys import SealBroken
from polar_server.oauth.tokens import ACCESS_TOKENS, TokenKind

_TRY = f"{ONE}/try"
_TRIED = "tried token"
_MOST_CODE = 100
"""Characters: more than any code of ours has, and few enough for a cookie."""


@get(_TRY)
async def show_request(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """The first step: the authorization request, which the developer can change."""
    return _request_page(developer, await developer.find_app(client_id))


@post(f"{_TRY}/redirect-uri", status_code=303)
async def submit_redirect_uri(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Register the page to which attempts come back, like any other redirect URI."""
    await developer.read_form()
    client = await developer.find_app(client_id)
    if len(client.redirect_uris) >= MAX_COUNT:
        error = f"The app has {MAX_COUNT} redirect URIs already. Take one out that nothing uses."
        return _request_page(developer, client, {"form": error})
    fields = forms.form_of(client)
    uris = (*client.redirect_uris, trying.callback_of(developer, client))
    typed, errors = forms.read_app(fields | {"redirect_uris": "\n".join(uris)}, client)
    if typed is None:
        return _request_page(developer, client, {"form": next(iter(errors.values()))})
    async with developer.server.database.write() as tx:
        await clients.update_client(tx, client, typed.metadata, developer.actor, developer.now)
    return developer.go(client_id, "try", done="added")


@get(f"{_TRY}/callback")
async def show_callback(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """The second step: what came back, and whether it belongs to what was sent."""
    client = await developer.find_app(client_id)
    query = dict(developer.request.query_params)
    answer = {
        name: str(query[name]) for name in ("code", "error", "error_description", "state", "iss") if name in query
    }
    attempt = trying.attempt_of(developer, client, answer.get("state", ""))
    return developer.render(
        "try_callback",
        client=client,
        answer=answer,
        is_ours=attempt is not None,
        is_issuer=answer.get("iss") == developer.server.issuer,
        issuer=developer.server.issuer,
    )


@post(f"{_TRY}/token", status_code=303)
async def submit_exchange(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """The third step: the code is exchanged. What came of it is shown after a redirect, for a code works once."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    attempt = trying.attempt_of(developer, client, form.get("state", ""))
    if attempt is None:
        return developer.go(client_id, "try", done="stale")
    secret = form.get("client_secret", "").strip()
    kept = {"code": form.get("code", "")[:_MOST_CODE], "state": form["state"]}
    exchange = await trying.exchange_code(developer, client, kept["code"], attempt, secret)
    reference = _reference(developer, client, exchange.members.get("access_token", ""))
    where = ("try", "tokens", reference) if reference else ("try", "refused")
    return developer.go_showing(client_id, *where, done="tried", exchange=exchange.to_carry(), kept=kept)


@get(f"{_TRY}/tokens/{{reference:str}}")
async def show_tokens(developer: GivenDeveloper, client_id: FromPath[str], reference: FromPath[str]) -> Page:
    """The last steps, shown once: the ID token taken apart, and userinfo asked. Its tokens can be revoked later."""
    return await _result_page(developer, await developer.find_app(client_id), reference)


@get(f"{_TRY}/refused")
async def show_refusal(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Why the code was not exchanged, shown once."""
    return await _result_page(developer, await developer.find_app(client_id), "")


@post(f"{_TRY}/end", status_code=303)
async def submit_end(developer: GivenDeveloper, client_id: FromPath[str]) -> Page:
    """Revoke what the attempt was given."""
    form = await developer.read_form()
    client = await developer.find_app(client_id)
    try:
        sealed, place = form.get("reference", ""), _place(developer, client)
        kind, token_id = json.loads(developer.server.server_keys.open(_TRIED, sealed, place))
    except SealBroken:
        return developer.go(client_id, "try", done="stale")
    await revoke_found(developer.server, TokenKind(kind), token_id, developer.actor)
    return developer.go(client_id, "try", done="ended")


def _request_page(developer: Developer, client: RegisteredClient, errors: Mapping[str, str] | None = None) -> Page:
    query = developer.request.query_params
    asked = {
        "scope": " ".join(query.get("scope", client.scope).split()),
        "sub_type": _known(query.get("sub_type", client.default_sub_type.value), forms.SUB_TYPES),
        "prompt": _known(query.get("prompt", ""), trying.PROMPTS),
    }
    parameters = trying.begin(developer, client, asked)
    return developer.render(
        "try",
        422 if errors else 200,
        client=client,
        callback=trying.callback_of(developer, client),
        asked=asked,
        parameters={name: value for name, value in parameters.items() if value},
        address=trying.address_of(developer.server, parameters),
        sub_types=forms.SUB_TYPES,
        prompts=trying.PROMPTS,
        errors=dict(errors or {}),
    )


async def _result_page(developer: Developer, client: RegisteredClient, reference: str) -> Page:
    if (shown := developer.shown_once()) is None:
        return developer.render("try_over", client=client, reference=reference)
    exchange = Exchange.carried(shown["exchange"])
    attempt = trying.attempt_of(developer, client, shown["kept"]["state"])
    access_token, signed = exchange.members.get("access_token", ""), exchange.members.get("id_token")
    known = await trying.ask_userinfo(developer, access_token) if signed else None
    decoded = decode(developer.server, client, attempt, signed, access_token) if signed and attempt else None
    values = shown | {"exchange": exchange, "error": exchange.members.get("error"), "reference": reference}
    return developer.render("try_result", client=client, decoded=decoded, userinfo=known, **values)


def _reference(developer: Developer, client: RegisteredClient, access_token: str) -> str:
    """Which token is to be revoked at the end. The token itself goes into no form."""
    token = tokens.parse(access_token, ACCESS_TOKENS)
    if token is None:
        return ""
    named = json.dumps([token.kind, token.id]).encode()
    return developer.server.server_keys.seal(_TRIED, named, _place(developer, client))


def _place(developer: Developer, client: RegisteredClient) -> str:
    return f"{developer.session.id} {client.client_id}"


def _known(value: str, options: Mapping[str, object]) -> str:
    return value if value in options else ""


routes = [
    show_request,
    submit_redirect_uri,
    show_callback,
    submit_exchange,
    show_tokens,
    show_refusal,
    submit_end,
]
