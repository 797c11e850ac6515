"""A third-party app from its own side, and the codes that people gave it, written past the pages."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from tests.servers import Server

from polar_server.authorization_server import grant_queries, issue_queries
from polar_server.database import Transaction
from polar_server.oauth import tokens
from polar_server.oauth.grants import Grant, StoredCode
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.oauth.tokens import TokenKind

from .lines import Answer, Line, basic, get, post

REDIRECT_URI = "https://app.example.com/callback"
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_SCOPE = "openid products:read"
_HOUR = 3600


@dataclass(frozen=True)
class Pair:
    """What the token endpoint gave."""

    access_token: str
    refresh_token: str


class App:
    """A confidential client: its requests as bytes, and what it asks about its tokens."""

    def __init__(self, server: Server, scope: str = _SCOPE) -> None:
        self._server, self._scope = server, scope
        created = server.client(
            REDIRECT_URI,
            scope=scope,
            token_endpoint_auth_method="client_secret_basic",
            id_token_signed_response_alg="ES256",
        )
        assert created.client_secret is not None
        self.client_id, self._authorization = created.client_id, basic(created.client_id, created.client_secret)

    def redeem(self, code: str) -> bytes:
        form = {"code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        return self._post("/v1/oauth2/token", grant_type="authorization_code", **form)

    def refresh(self, token: str) -> bytes:
        return self._post("/v1/oauth2/token", grant_type="refresh_token", refresh_token=token)

    def revoke(self, token: str) -> bytes:
        return self._post("/v1/oauth2/revoke", token=token)

    def introspect(self, token: str) -> bytes:
        return self._post("/v1/oauth2/introspect", token=token)

    def use(self, token: str) -> bytes:
        return get("/v1/oauth2/userinfo", authorization=f"Bearer {token}")

    async def pair(self, line: Line, code: str) -> Pair:
        """The tokens for a code."""
        return pair_of(await line.ask(self.redeem(code)))

    async def active(self, line: Line, *given: str) -> list[str]:
        """Those of the tokens that introspection calls active."""
        return [token for token in given if await self.is_active(line, token)]

    async def is_active(self, line: Line, token: str) -> bool:
        answer = await line.ask(self.introspect(token))
        assert answer.status == 200, answer
        active: bool = answer.json["active"]
        return active

    def codes(self, count: int, user_id: str, organization_id: str | None = None) -> list[str]:
        """New codes, each of a grant of its own, as if the person had allowed the app that often."""
        sub_type = SubjectType.ORGANIZATION if organization_id else SubjectType.USER
        subject = Subject(sub_type, user_id, organization_id)
        # A millisecond each, in the past: ids of one millisecond have 24 random bits, which may repeat among thousands.
        now_ms, kind, size = time.time_ns() // 1_000_000, TokenKind.AUTHORIZATION_CODE, tokens.ENTROPY_BYTES
        minted = [tokens.mint(kind, now_ms - number, os.urandom(size)) for number in range(count)]
        self._server.write(lambda transaction: self._add(transaction, minted, subject))
        return [token.text for token in minted]

    async def _add(self, transaction: Transaction, minted: Sequence[tokens.Token], subject: Subject) -> None:
        keys, now = self._server.server_keys, int(time.time())
        for token in minted:
            grant = Grant(str(uuid4()), self.client_id, subject, self._scope, alive=True)
            proof = (keys.digest(token.text), keys.key_id, REDIRECT_URI, _CHALLENGE)
            code = StoredCode(token.id, *proof, None, now, now + _HOUR, None, grant)
            await grant_queries.add_grant(transaction, grant.id, self.client_id, subject, grant.scope, now)
            await issue_queries.add_code(transaction, code)

    def _post(self, path: str, **form: str) -> bytes:
        return post(path, form, authorization=self._authorization)


def pair_of(answer: Answer) -> Pair:
    """The tokens of a successful answer."""
    assert answer.status == 200, answer
    return Pair(answer.json["access_token"], answer.json["refresh_token"])
