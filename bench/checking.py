"""Each server answers each operation once before anything is measured: a refusal is never taken for speed."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization, RSAKey

from bench import load, operations
from bench.load import Job
from bench.operations import Operation
from bench.seeding import NONCE, SCOPE
from bench.servers import Server
from polar_server.oauth import metadata

Document = dict[str, Any]


class Wrong(Exception):
    """A server's answer is not what the operation asks for; the message says what it is."""


def check(server: Server, name: str) -> None:
    """Ask with the last request of an operation, which is never measured, and read the answer. Raises Wrong."""
    operation = server.operations[name]
    request = operation.requests[-1]
    answer = _ask(server, request, operation.status)
    if (reader := _READERS.get(name.partition(" ")[0])) is None:
        return
    try:
        reader(server, operation, request, answer)
    except (AssertionError, KeyError, ValueError) as wrong:
        raise Wrong(f"{server.target.name}, {name}: {wrong!r} in {json.dumps(answer)}") from wrong


def _ask(server: Server, request: bytes, status: int = 200) -> Document:
    outcome = load.run(Job(server.target.port, 1, status, [request]))
    if outcome.failures:
        raise Wrong(f"{server.target.name}: {outcome.wrong.decode(errors='replace')}")
    answer: Document = json.loads(outcome.answer or b"{}")
    return answer


def _issuer(server: Server) -> str:
    return f"http://localhost:{server.target.port}"


def _exchange(server: Server, operation: Operation, _: bytes, answer: Document) -> None:
    claims = _pair(server, operation, operation.name.split()[1], answer)
    assert claims["nonce"] == NONCE, "nonce"


def _refresh(server: Server, operation: Operation, request: bytes, answer: Document) -> None:
    _pair(server, operation, "ES256", answer)
    assert answer["refresh_token"] not in request.decode(), "another refresh token"


def _pair(server: Server, operation: Operation, alg: str, answer: Document) -> dict[str, Any]:
    """Opaque tokens, and an ID token about the same person; gives its claims."""
    assert answer["token_type"].lower() == "bearer", "token_type"
    assert answer["access_token"].count(".") < 2, "an opaque token"
    assert answer["refresh_token"], "refresh_token"
    assert set(answer.get("scope", SCOPE).split()) == set(SCOPE.split()), "scope"
    claims = _verified(server, operation, alg, answer)
    userinfo = _ask(server, operations.get(metadata.USERINFO, answer["access_token"]))
    assert userinfo["sub"] == claims["sub"], "sub"
    return claims


def _verified(server: Server, operation: Operation, alg: str, answer: Document) -> dict[str, Any]:
    keys = _key_set(_ask(server, operations.get(metadata.JWKS)))
    token = jwt.decode(answer["id_token"], keys, algorithms=[alg])
    claims: dict[str, Any] = token.claims
    assert token.header["alg"] == alg, "the client's algorithm"
    assert claims["iss"] == _issuer(server), "iss"
    assert claims["aud"] in (operation.client_id, [operation.client_id]), "aud"
    # OpenID Connect Core §3.1.3.6: the left half of the hash.
    digest = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims.get("at_hash", _base64url(digest)) == _base64url(digest), "at_hash"
    assert claims["exp"] > claims["iat"], "exp"
    return claims


def _introspect(_: Server, operation: Operation, __: bytes, answer: Document) -> None:
    assert answer["active"] is True, "active"
    assert answer["client_id"] == operation.client_id, "client_id"
    assert set(answer["scope"].split()) == set(SCOPE.split()), "scope"
    assert answer["sub"], "sub"


def _userinfo(_: Server, __: Operation, ___: bytes, answer: Document) -> None:
    assert answer["sub"], "sub"
    assert answer["email"].endswith("@example.org"), "email"
    assert answer["name"].startswith("Person"), "name"


def _revoke(server: Server, _: Operation, request: bytes, __: Document) -> None:
    """The same token, asked about."""
    question = request.replace(metadata.REVOKE.encode(), metadata.INTROSPECT.encode(), 1)
    assert _ask(server, question) == {"active": False}, "the token still lives"


def _discovery(server: Server, _: Operation, __: bytes, answer: Document) -> None:
    assert answer["issuer"] == _issuer(server), "issuer"
    assert answer["token_endpoint"].endswith(metadata.TOKEN), "token_endpoint"
    assert answer["jwks_uri"].endswith(metadata.JWKS), "jwks_uri"
    assert "S256" in answer["code_challenge_methods_supported"], "S256"


def _jwks(_: Server, __: Operation, ___: bytes, answer: Document) -> None:
    """Keys of the same size everywhere: RSA of 2048 bits, and P-256."""
    keys = _key_set(answer).keys
    sizes = {each.public_key.key_size for each in keys if isinstance(each, RSAKey)}
    curves = {each.curve_name for each in keys if isinstance(each, ECKey)}
    assert (sizes, curves) == ({2048}, {"P-256"}), "sizes of keys"


def _key_set(document: Document) -> KeySet:
    return KeySet.import_key_set(cast("KeySetSerialization", document))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_READERS: dict[str, Callable[[Server, Operation, bytes, Document], None]] = {
    "exchange": _exchange,
    "refresh": _refresh,
    "introspect": _introspect,
    "userinfo": _userinfo,
    "revoke": _revoke,
    "discovery": _discovery,
    "jwks": _jwks,
}
"""By the first word of an operation's name. A list of products is compared by `servers.peer`."""
