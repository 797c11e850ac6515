"""Redeeming a code and using a refresh token (RFC 6749 §4.1.3, §6; RFC 9700 §4.14.2)."""

import os
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.oauth.samples import (
    CHALLENGE,
    CLIENT_ID,
    CODE,
    NOW,
    REDIRECT_URI,
    REFRESH_TOKEN,
    SERVER_KEYS,
    VERIFIER,
    code,
    grant,
    refresh_token,
    token,
)

from polar_server.oauth import grants, tokens
from polar_server.oauth.errors import InvalidGrant, InvalidScope, OAuthError
from polar_server.oauth.grants import (
    Redeemable,
    Refreshable,
    Repeated,
    Replayed,
    StoredCode,
    StoredRefreshToken,
    TokenPair,
)
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType
from polar_server.oauth.tokens import ACCESS_TOKENS, ENTROPY_BYTES, RANDOM_BYTES, REFRESH_TOKENS

FORM = {"redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
GRACE = 30


def redeem(stored: StoredCode | None, form: dict[str, str] = FORM, **other: Any) -> Redeemable | Replayed:
    values: dict[str, Any] = {"presented": CODE.text, "client_id": CLIENT_ID, "now": NOW} | other
    return grants.redeem(code=stored, form=form, keys=SERVER_KEYS, **values)


def refresh(stored: StoredRefreshToken | None, **other: Any) -> Refreshable | Repeated | Replayed:
    values: dict[str, Any] = {
        "presented": REFRESH_TOKEN.text,
        "client_id": CLIENT_ID,
        "scope": None,
        "grace": GRACE,
        "now": NOW,
    }
    return grants.refresh(stored=stored, keys=SERVER_KEYS, **values | other)


@pytest.mark.parametrize(
    "stored, form",
    [
        pytest.param(code(), FORM, id="as it was asked for"),
        pytest.param(code(), {**FORM, "scope": "x", "unknown": "y"}, id="with what nobody asked for"),
        pytest.param(code(redirect_uri=None), {"code_verifier": VERIFIER}, id="no redirect_uri in the request"),
        pytest.param(code(code_challenge=None), {"redirect_uri": REDIRECT_URI}, id="no challenge in the request"),
        pytest.param(code(expires_at=NOW + 1), FORM, id="in its last second"),
    ],
)
def test_redeems(stored: StoredCode, form: dict[str, str]) -> None:
    """RFC 6749 §4.1.3: the code's own client redeems it with the parameters of the authorization request."""
    assert redeem(stored, form) == Redeemable(stored)


WITHOUT_POSSESSION = [
    pytest.param(None, FORM, {}, id="unknown"),
    pytest.param(code(digest=SERVER_KEYS.digest("x")), FORM, {}, id="only the id is right"),
    pytest.param(code(), FORM, {"presented": CODE.text + "x"}, id="longer"),
    pytest.param(code(), FORM, {"presented": REFRESH_TOKEN.text}, id="a refresh token (CVE-2026-4282)"),
    pytest.param(code(), FORM, {"client_id": "other"}, id="another client (CVE-2026-16089)"),
    pytest.param(code(expires_at=NOW), FORM, {}, id="expired (§4.1.2)"),
    pytest.param(code(), {**FORM, "redirect_uri": "https://app.example/other"}, {}, id="another redirect_uri"),
    pytest.param(code(), {"code_verifier": VERIFIER}, {}, id="redirect_uri omitted"),
    pytest.param(code(redirect_uri=None), FORM, {}, id="redirect_uri that the request did not have"),
    pytest.param(code(), {"redirect_uri": REDIRECT_URI}, {}, id="verifier omitted (RFC 7636 §4.6)"),
    pytest.param(code(), {**FORM, "code_verifier": "A" * 43}, {}, id="wrong verifier"),
    pytest.param(code(), {**FORM, "code_verifier": CHALLENGE}, {}, id="the challenge as verifier"),
    pytest.param(code(code_challenge=None), FORM, {}, id="verifier without a challenge (RFC 9700 §4.8.2)"),
    pytest.param(code(code_challenge="B" * 43), FORM, {}, id="verifier of another flow"),
]


@pytest.mark.parametrize("stored, form, other", WITHOUT_POSSESSION)
def test_does_not_redeem(stored: StoredCode | None, form: dict[str, str], other: dict[str, Any]) -> None:
    """RFC 6749 §4.1.3, §5.2: anything else is invalid_grant, and ends no grant when the code was used before."""
    with pytest.raises(InvalidGrant):
        redeem(stored, form, **other)
    with pytest.raises(InvalidGrant):
        redeem(stored and stored._replace(redeemed_at=NOW - 1), form, **other)


def test_replay() -> None:
    """RFC 6749 §4.1.2: a code that comes a second time ends what the first time gave."""
    used = code(redeemed_at=NOW - 1)
    decision = redeem(used)
    assert isinstance(decision, Replayed)
    assert decision.grant == used.grant


def test_code_of_an_ended_grant() -> None:
    """A code is worth nothing once its grant has ended; its replay is still one."""
    with pytest.raises(InvalidGrant, match="ended"):
        redeem(code(grant=grant(alive=False)))
    assert isinstance(redeem(code(grant=grant(alive=False), redeemed_at=NOW)), Replayed)


@pytest.mark.parametrize(
    "scope, given",
    [
        (None, "openid products:read"),
        ("openid", "openid"),
        ("products:read openid", "openid products:read"),
    ],
)
def test_refreshes(scope: str | None, given: str) -> None:
    """RFC 6749 §6: a refresh gives the granted scope, or less when the client asks for less."""
    stored = refresh_token()
    assert refresh(stored, scope=scope) == Refreshable(stored, given)


@pytest.mark.parametrize(
    "stored, other, error",
    [
        pytest.param(None, {}, InvalidGrant, id="unknown"),
        pytest.param(refresh_token(digest="x"), {}, InvalidGrant, id="only the id is right"),
        pytest.param(refresh_token(), {"client_id": "other"}, InvalidGrant, id="another client (§6)"),
        pytest.param(refresh_token(grant=grant(alive=False)), {}, InvalidGrant, id="ended grant"),
        pytest.param(refresh_token(expires_at=NOW), {}, InvalidGrant, id="expired"),
        pytest.param(refresh_token(), {"scope": "openid email"}, InvalidScope, id="wider scope (§6)"),
        pytest.param(refresh_token(), {"scope": "openid  "}, InvalidScope, id="malformed scope"),
        pytest.param(refresh_token(rotated_at=NOW), {"client_id": "other"}, InvalidGrant, id="a stranger's replay"),
        pytest.param(refresh_token(rotated_at=NOW, digest="x"), {}, InvalidGrant, id="a guesser's replay"),
    ],
)
def test_does_not_refresh(stored: StoredRefreshToken | None, other: dict[str, Any], error: type[OAuthError]) -> None:
    """RFC 6749 §6, §5.2: anything else is invalid_grant, or invalid_scope; strangers end no grant."""
    with pytest.raises(error):
        refresh(stored, **other)


def rotated(seconds: int, **changes: Any) -> StoredRefreshToken:
    values = {"successor_id": "x" * 11, "successor_scope": "openid", "successor_expires_at": NOW + 3600}
    return refresh_token(rotated_at=NOW - seconds, **values | changes)


@pytest.mark.parametrize(
    "stored, grace, repeats",
    [
        pytest.param(rotated(0), GRACE, True, id="at once"),
        pytest.param(rotated(GRACE - 1), GRACE, True, id="in the last second"),
        pytest.param(rotated(GRACE), GRACE, False, id="after the grace period"),
        pytest.param(rotated(0), 1, True, id="a grace period of one second"),
        pytest.param(rotated(1), 1, False, id="after a grace period of one second"),
        pytest.param(rotated(-5), GRACE, True, id="rotated by a worker whose clock is ahead"),
        pytest.param(rotated(0), 0, False, id="no grace period"),
        pytest.param(rotated(-5), 0, False, id="no grace period, clock ahead"),
        pytest.param(rotated(0, successor_used=True), GRACE, False, id="the successor was used"),
        pytest.param(rotated(0, successor_scope=None), GRACE, False, id="the successor is gone"),
    ],
)
def test_used_again(stored: StoredRefreshToken, grace: int, *, repeats: bool) -> None:
    """RFC 9700 §4.14.2: a repeat within the grace period gets the same answer, a later one ends the grant."""
    decision = refresh(stored, grace=grace)
    assert isinstance(decision, Repeated if repeats else Replayed)
    if isinstance(decision, Repeated):
        assert decision == Repeated(stored, "openid")


@pytest.mark.parametrize("sub_type", SubjectType)
def test_issue(sub_type: SubjectType) -> None:
    """A first pair has the prefixes of its subject, one id, and randomness of its own in each token."""
    entropy = bytes(range(ENTROPY_BYTES + RANDOM_BYTES))
    pair = grants.issue(sub_type, NOW * 1000, entropy, with_refresh_token=True)
    assert pair.refresh_token is not None
    assert pair.access_token.id == pair.refresh_token.id
    assert pair.access_token.text[-32:] != pair.refresh_token.text[-32:]
    assert tokens.parse(pair.access_token.text, ACCESS_TOKENS) == pair.access_token
    assert tokens.parse(pair.refresh_token.text, REFRESH_TOKENS) == pair.refresh_token
    assert ("_o_" in pair.access_token.kind) == (sub_type is SubjectType.ORGANIZATION)


def test_issue_without_a_refresh_token() -> None:
    """A client that did not register the refresh_token grant gets none."""
    pair = grants.issue(SubjectType.USER, NOW * 1000, os.urandom(ENTROPY_BYTES), with_refresh_token=False)
    assert pair.refresh_token is None


def test_issue_with_too_little_randomness() -> None:
    """A refresh token is never made of nothing but the id it shares with its access token."""
    with pytest.raises(ValueError, match="random bytes"):
        grants.issue(SubjectType.USER, NOW * 1000, os.urandom(ENTROPY_BYTES), with_refresh_token=True)


def succeed(
    presented: str = REFRESH_TOKEN.text,
    successor_id: str = "x" * 11,
    sub_type: SubjectType = SubjectType.USER,
    keys: ServerKeys = SERVER_KEYS,
) -> TokenPair:
    return grants.succeed(presented, successor_id, sub_type, keys, keys.key_id)


def test_succeed() -> None:
    """The same refresh token has the same successor, however often it is asked for."""
    pair = succeed()
    assert pair == succeed()
    assert pair.refresh_token is not None
    assert pair.access_token.id == pair.refresh_token.id == "x" * 11
    assert pair.access_token.text[-32:] != pair.refresh_token.text[-32:]
    assert tokens.parse(pair.refresh_token.text, REFRESH_TOKENS) == pair.refresh_token


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"presented": token(REFRESH_TOKEN.kind, 1).text}, id="another refresh token"),
        pytest.param({"successor_id": "y" * 11}, id="another id"),
        pytest.param({"keys": ServerKeys([b"\1" * 32])}, id="another server key"),
    ],
)
def test_successors_differ(other: dict[str, Any]) -> None:
    """Neither the database nor the server key nor an older token alone gives a successor."""
    ours, theirs = succeed(), succeed(**other)
    assert ours.refresh_token is not None
    assert theirs.refresh_token is not None
    assert ours.refresh_token.text[-32:-6] != theirs.refresh_token.text[-32:-6]
    assert ours.access_token.text[-32:-6] != theirs.access_token.text[-32:-6]


class RefreshTokens(RuleBasedStateMachine):
    """A family of refresh tokens, kept as the endpoint keeps it, beside the shortest model of what may happen.

    The model: one token is the newest. It can be rotated. Its parent can be repeated within
    the grace period, since the newest is unused. Everything older ends the family.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.texts = [REFRESH_TOKEN.text]
        self.rows = [refresh_token()]
        self.rotations: list[int] = []
        self.alive = True

    @rule(seconds=st.integers(0, GRACE + 5))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        """Any token of the family is presented, most often the newest or its parent."""
        age = min(data.draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3])), len(self.texts) - 1)
        place = len(self.texts) - 1 - age
        try:
            decision = self.present(place)
        except InvalidGrant:
            assert not self.alive
            return
        assert self.alive
        if age == 0:
            assert isinstance(decision, Refreshable)
            self.rotate(place)
        elif age == 1 and self.now - self.rotations[-1] < GRACE:
            assert isinstance(decision, Repeated)
            assert self.successor(place) == self.texts[-1]
        else:
            assert isinstance(decision, Replayed)
            self.end()

    @rule(data=st.data())
    def stranger(self, data: st.DataObject) -> None:
        """Another client, or somebody who knows an id only, changes nothing, whichever token it is."""
        place = data.draw(st.integers(0, len(self.texts) - 1))
        with pytest.raises(InvalidGrant):
            self.present(place, client_id="other")
        with pytest.raises(InvalidGrant):
            self.present(place, presented=token(REFRESH_TOKEN.kind, 99).text)

    @precondition(lambda self: self.alive)
    @rule()
    def too_much(self) -> None:
        """A wider scope is refused and uses nothing up."""
        with pytest.raises(InvalidScope):
            self.present(len(self.texts) - 1, scope="openid email")

    @invariant()
    def one_usable(self) -> None:
        """RFC 9700 §4.14.2: a living family has exactly one unused token, an ended one has none that works."""
        unused = [row for row in self.rows if row.rotated_at is None]
        assert unused == [self.rows[-1]]
        assert len(set(self.texts)) == len(self.texts)

    def present(self, place: int, **other: Any) -> Refreshable | Repeated | Replayed:
        return refresh(self.rows[place], **{"presented": self.texts[place], "now": self.now} | other)

    def successor(self, place: int) -> str:
        successor_id = self.rows[place].successor_id
        assert successor_id is not None
        pair = succeed(self.texts[place], successor_id)
        assert pair.refresh_token is not None
        return pair.refresh_token.text

    def rotate(self, place: int) -> None:
        successor_id = tokens.new_id(self.now * 1000, len(self.rows).to_bytes(3))
        self.rows[place] = self.rows[place]._replace(
            rotated_at=self.now, successor_id=successor_id, successor_scope="openid"
        )
        if place:
            self.rows[place - 1] = self.rows[place - 1]._replace(successor_used=True)
        text = self.successor(place)
        self.rows.append(refresh_token(id=successor_id, digest=SERVER_KEYS.digest(text), grant=self.rows[0].grant))
        self.texts.append(text)
        self.rotations.append(self.now)

    def end(self) -> None:
        self.alive = False
        self.rows = [row._replace(grant=grant(alive=False)) for row in self.rows]


class Codes(RuleBasedStateMachine):
    """A code, redeemed by anybody in any order: it gives tokens once, and its replay ends them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.row = code(expires_at=NOW + 60)
        self.redeemed = 0

    @rule(seconds=st.integers(0, 25))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(
        changes=st.fixed_dictionaries(
            {},
            optional={
                "client_id": st.sampled_from([CLIENT_ID, "other"]),
                "presented": st.sampled_from([CODE.text, REFRESH_TOKEN.text]),
                "form": st.sampled_from([FORM, {**FORM, "code_verifier": "A" * 43}, {"code_verifier": VERIFIER}]),
            },
        )
    )
    def use(self, changes: dict[str, Any]) -> None:
        right = all(changes.get(name, value) == value for name, value in _RIGHT.items())
        try:
            decision = redeem(self.row, **{"now": self.now} | changes)
        except InvalidGrant:
            assert not right or self.now >= NOW + 60 or not self.row.grant.alive
            return
        assert right
        assert self.now < NOW + 60
        if isinstance(decision, Redeemable):
            self.redeemed += 1
            self.row = self.row._replace(redeemed_at=self.now)
        else:
            assert self.redeemed == 1
            self.row = self.row._replace(grant=grant(alive=False))

    @invariant()
    def at_most_once(self) -> None:
        """RFC 6749 §4.1.2: the client MUST NOT use the code more than once."""
        assert self.redeemed <= 1


_RIGHT = {"client_id": CLIENT_ID, "presented": CODE.text, "form": FORM}

TestRefreshTokens = pytest.mark.hypothesis(RefreshTokens.TestCase)
TestCodes = pytest.mark.hypothesis(Codes.TestCase)
TestRefreshTokens.settings = TestCodes.settings = settings(stateful_step_count=25)
