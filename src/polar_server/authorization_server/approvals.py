"""Approving a request: a grant, a code that hangs from it, and the decision remembered, in one transaction."""

from dataclasses import dataclass

import structlog

from polar_server.accounts.visits import Visit
from polar_server.audit import About, record
from polar_server.authorization_server import consent_queries, grant_queries, issue_queries
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Transaction
from polar_server.oauth import scopes, tokens
from polar_server.oauth.authorization import AuthorizationRequest
from polar_server.oauth.grants import Grant, StoredCode
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.oauth.tokens import TokenKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person allowed, now or earlier. `scopes` are those that the person's role covers."""

    request: AuthorizationRequest
    subject: Subject
    scopes: frozenset[str]
    auth_time: int
    is_new: bool
    """Whether the person decided just now, so that the decision is to be remembered."""
    visit: Visit
    """The request of the browser that it came with."""


async def approve(server: AuthorizationServer, approval: Approval) -> str:
    """Store the approval and give the authorization code (RFC 6749 §4.1.2)."""
    assert (approval.subject.type is SubjectType.ORGANIZATION) is (approval.subject.organization_id is not None)
    now_ms = int(server.clock() * 1000)
    now = now_ms // 1000
    token = tokens.mint(TokenKind.AUTHORIZATION_CODE, now_ms, server.entropy(tokens.ENTROPY_BYTES))
    client_id, scope = approval.request.client.client_id, scopes.text(approval.scopes)
    grant = Grant(tokens.new_id(now_ms, server.entropy(3)), client_id, approval.subject, scope, alive=True)
    async with server.database.write() as tx:
        if approval.is_new:
            earlier = await consent_queries.find_consent(tx, client_id, approval.subject) or frozenset()
            remembered = scopes.text(earlier | frozenset(approval.request.scopes))
            await consent_queries.save_consent(tx, client_id, approval.subject, remembered, now)
            await _record(tx, approval, scope, now)
        await grant_queries.add_grant(tx, grant.id, client_id, approval.subject, scope, now)
        await issue_queries.add_code(tx, _stored(server, approval, token, grant, now))
    log.info("approved", grant=grant.id, client_id=client_id, user=approval.subject.user_id, asked=approval.is_new)
    return token.text


async def _record(tx: Transaction, approval: Approval, scope: str, now: int) -> None:
    subject, client = approval.subject, approval.request.client
    about = About(subject.organization_id, subject.user_id, client.client_id, client.name)
    await record(tx, approval.visit.by(subject.user_id), "app.connected", about, now, scope=scope)


def _stored(server: AuthorizationServer, approval: Approval, token: tokens.Token, grant: Grant, now: int) -> StoredCode:
    request = approval.request
    return StoredCode(
        id=token.id,
        digest=server.server_keys.digest(token.text),
        key_id=server.server_keys.key_id,
        redirect_uri=request.to.sent_redirect_uri,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        auth_time=approval.auth_time,
        expires_at=now + server.settings.authorization_code_lifetime,
        redeemed_at=None,
        grant=grant,
    )
