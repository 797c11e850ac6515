"""The corpus itself: complete, and nothing in it that the runner would pass over."""

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from tests.attacks import cases, values
from tests.attacks.adaptations import ADAPTATIONS
from tests.attacks.assertions import check_words
from tests.attacks.cases import load_cases
from tests.attacks.changes import merged
from tests.attacks.disagreements import DISAGREEMENTS
from tests.attacks.placeholders import names_in
from tests.attacks.situations import AFTERWARDS, SITUATIONS

FOLDER = Path(cases.__file__).parent / "cases"
CASES = load_cases()
AREAS = {
    "admin": 7,
    "authorize": 34,
    "bearer": 16,
    "client_auth": 15,
    "consent_ui": 21,
    "cors": 3,
    "discovery": 6,
    "files": 16,
    "headers": 2,
    "introspection": 11,
    "jwt_jwks": 11,
    "logging": 2,
    "pkce": 15,
    "rate_limit": 3,
    "redirect_uri": 35,
    "refresh": 16,
    "registration": 41,
    "revocation": 8,
    "robustness": 2,
    "storage": 1,
    "tenancy": 22,
    "token": 31,
    "webhooks": 24,
}
SET_BY_SITUATIONS = {
    *(
        "attacker_cookie",
        "code_flow_2",
        "verifier_flow_1",
        "forged_hint",
        "other_jwt",
        "resume_url",
        "rotated_out_secret",
    ),
    *(
        "old_kid",
        "new_kid",
        "old_hint",
        "old_access_token",
        "old_refresh_token",
        "new_access_token",
        "new_refresh_token",
    ),
    *("download_url", "etag", "file_id", "file_marker", "file_path", "file_public_url", "healthy_delay", "later_path"),
    *("checkout_secret", "org_token", "signature", "wanted", "webhook_secret"),
    *("other_path", "refused_public_path", "upload_id", "user_token_a_only"),
    *("csrf", "csrf_user_b", "consent_path", "form_action", "mail_link", "mail_link_token"),
}


def test_no_case_is_lost() -> None:
    """Each area has as many cases as were collected for it, and no id stands for two."""
    assert {path.stem: len(json.loads(path.read_text())) for path in FOLDER.glob("*.json")} == AREAS
    assert max(Counter(case.id for case in CASES).values()) == 1


def test_every_word_is_defined() -> None:
    """No case asserts anything that the runner does not know how to look at."""
    for case in CASES:
        check_words(case)


def test_every_placeholder_has_a_value() -> None:
    """No case names a value that neither the fixtures nor a situation gives."""
    known = values.names() | SET_BY_SITUATIONS
    for case in CASES:
        named = {_without_variant(name) for name in names_in(msgspec.to_builtins(case.steps))}
        assert named <= known, case.id


def _without_variant(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in values.VARIANTS if name.endswith(suffix)), name)


def test_every_situation_is_used_and_defined() -> None:
    """No case starts from a situation that nobody brings about, and none is brought about for nobody."""
    assert {case.situation for case in CASES} - {None} == SITUATIONS.keys()
    assert {case.afterwards for case in CASES} - {None} == AFTERWARDS.keys()


def test_every_change_is_of_a_case_and_says_why() -> None:
    """Nothing is changed twice, for no case, without a reason, or without changing anything."""
    raw = {case["id"]: case for path in FOLDER.glob("*.json") for case in json.loads(path.read_text())}
    assert not ADAPTATIONS.keys() & DISAGREEMENTS.keys()
    for case_id, change in (ADAPTATIONS | DISAGREEMENTS).items():
        assert len(change.reason) > 30, case_id
        assert merged(raw[case_id], change.patch) != raw[case_id]


def test_every_case_asserts_something_beyond_a_status() -> None:
    """A case without an assertion is a listed exception."""
    bare = {
        case.id
        for case in CASES
        for step in case.steps
        if not (step.expect.must or step.expect.must_not or step.expect.error)
    }
    assert bare == set()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"expects": {}}, id="unknown member"),
        pytest.param({"request": {"raw": True}}, id="unknown member of the request"),
        pytest.param({"expect": {"maybe": []}}, id="unknown kind of assertion"),
        pytest.param({"expect": {"status": None}}, id="no status"),
    ],
)
def test_unknown_members_are_errors(broken: dict[str, object]) -> None:
    """What the runner does not read, a case may not say."""
    good = {"id": "X", "title": "x", "request": {"method": "GET", "path": "/"}, "expect": {"status": 200}}
    msgspec.convert(good, cases.Case)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(merged(good, broken), cases.Case)
