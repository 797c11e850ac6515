"""The runner's own parts: what it sends, what it sees, and that it fails where it should."""

import socket
import threading
import urllib.request
from typing import Any

import pytest
from tests.attacks.assertions import WORDS, UnknownWord, check, check_words
from tests.attacks.canary import Canary
from tests.attacks.cases import Case, Expectation, Request
from tests.attacks.changes import merged
from tests.attacks.evidence import Evidence
from tests.attacks.placeholders import UnknownPlaceholder, expand
from tests.attacks.response_words import RESPONSE_WORDS, error_of, leads_elsewhere
from tests.attacks.values import VARIANTS
from tests.attacks.wire import Place, Response


class Known:
    """A few values, for placeholders."""

    def __getitem__(self, name: str) -> str:
        if name != "client_id":
            raise UnknownPlaceholder(name)
        return "polar_ci_1"


NOBODY: Any = Known()


def response(status: int = 200, body: str = "", **headers: str) -> Response:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status, named, body.encode(), 0.0)


def after(seconds: float) -> list[Response]:
    """One response, and how long it took."""
    return [Response(200, (), b"", seconds)]


def evidence(*responses: Response) -> Evidence:
    return Evidence(NOBODY, responses, again=lambda: responses)


@pytest.mark.parametrize(
    "template, expanded",
    [
        ("a{client_id}z", "apolar_ci_1z"),
        ("{A*5}{9*2}", "AAAAA99"),
        ("{b64({client_id}:x)}", "cG9sYXJfY2lfMTp4"),
        ("{b64(%zz:%zz)}", "JXp6OiV6eg=="),
        ("wrong{n}", "wrong7"),
        (["{n<3}", "{n}"], ["0", "1", "2", "7"]),
        ({"f{n<2}": "x"}, {"f0": "x", "f1": "x"}),
        ({"a": [1, None, True]}, {"a": [1, None, True]}),
    ],
)
def test_placeholders_expand(template: object, expanded: object) -> None:
    """Every kind of placeholder, in texts, lists and objects."""
    assert expand(template, NOBODY, 7) == expanded


@pytest.mark.parametrize("template", ["{nobody}", "{parts*100}", ["{nobody}"], {"{nobody}": ""}, "{}"])
def test_unknown_placeholder_is_an_error(template: object) -> None:
    """A case cannot ask for what nobody makes."""
    with pytest.raises(UnknownPlaceholder):
        expand(template, NOBODY)


@pytest.mark.parametrize(
    "suffix, text, varied",
    [
        ("_swapcase", "polar_at_u_aB1", "polar_at_u_Ab1"),
        ("_swapcase", "aB_c", "Ab_C"),
        ("_truncated", "0123456789", "01234"),
        ("_bad_crc", "polar_ac_xa", "polar_ac_xb"),
    ],
)
def test_variants(suffix: str, text: str, varied: str) -> None:
    """A variant differs from its value where the attack wants it to."""
    assert VARIANTS[suffix](text) == varied


def test_unknown_word_is_an_error() -> None:
    """A case cannot assert what nobody looks at."""
    expect = Expectation(status=200, must_not=["sounds_wrong:1"])
    case = Case(id="X-1", title="x", request=Request(method="GET", path="/"), expect=expect)
    with pytest.raises(UnknownWord, match="X-1: sounds_wrong"):
        check_words(case)


HERE, ELSEWHERE = "https://id.polar.test", "https://evil.example"


@pytest.mark.parametrize(
    "place",
    [
        {"location": f"{ELSEWHERE}/cb"},
        {"location": "//evil.example"},
        {"location": "/\\evil.example"},
        {"location": "/\t/evil.example"},
        {"location": "javascript:alert(1)"},
        {"location": "http://id.polar.test/"},
        {"location": "https://id.polar.test.evil.example/"},
        {"refresh": f"0; url={ELSEWHERE}"},
        {"body": f'<meta http-equiv="Refresh" content="0;url={ELSEWHERE}">'},
        {"body": f'<script>window.location.href = "{ELSEWHERE}"</script>'},
        {"body": f'<form action="{ELSEWHERE}"></form><script src="/static/form_post.js"></script>'},
    ],
)
def test_off_origin_redirects_are_seen(place: dict[str, str]) -> None:
    """Whatever takes a browser elsewhere without a click."""
    assert leads_elsewhere(response(200, **place))


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"location": "/account"},
        {"location": f"{HERE}/account"},
        {"location": "sign-in?return_to=//evil.example"},
        {"body": f'<a href="{ELSEWHERE}">', "refresh": "5"},
        {"body": f'<form action="{ELSEWHERE}"></form>'},
        {"body": '<form action="/sign-in"></form><script src="/static/form_post.js"></script>'},
    ],
)
def test_what_stays_is_no_off_origin_redirect(place: dict[str, str]) -> None:
    """Our own addresses, and what waits for a click."""
    assert not leads_elsewhere(response(200, **place))


@pytest.mark.parametrize(
    "place",
    [
        {"body": '{"error": "invalid_grant"}'},
        {"location": "https://app.example/cb?error=invalid_grant&state=x"},
        {"body": '<main data-error="invalid_grant">'},
        {"body": '<form action="https://app.example/"><input type="hidden" name="error" value="invalid_grant"></form>'},
    ],
)
def test_errors_are_found_everywhere(place: dict[str, str]) -> None:
    """In JSON, in Location, in a page and in a form that goes back to the client."""
    assert error_of(response(400, **place)) == "invalid_grant"
    assert error_of(response(400)) is None


TOKENS = '{"access_token": "polar_at_o_1", "expires_in": 3600, "scope": "openid email", "active": true}'
KEYS = '{"keys": [{"kid": "k1", "use": "sig", "alg": "RS256", "n": "x"}, {"kid": "k2", "use": "sig", "d": "x"}]}'
COOKIE = "__Host-polar_session=polar_us_1; HttpOnly; SameSite=lax"


@pytest.mark.parametrize(
    "given, so, not_so",
    [
        (response(404), "status:404", "status:400"),
        (response(303, location=f"{ELSEWHERE}?code=1"), "location_has:code", "location_has:state"),
        (response(303, location=f"{ELSEWHERE}?state=a&state=a"), "location_has:state", "location_eq:state=a"),
        (response(303, location=f"{ELSEWHERE}?iss=a"), "location_eq:iss=a", "location_eq:iss=b"),
        (response(303, location=f"{ELSEWHERE}/cb"), f"location_prefix:{ELSEWHERE}", f"location_prefix:{HERE}"),
        (response(303, location=f"{ELSEWHERE}/cb"), "location_host:evil.example", "location_host:app.example"),
        (response(303, location=f"{ELSEWHERE}#code=1"), "location_fragment_has:code", "location_has:code"),
        (response(body=TOKENS), "json_has:access_token", "json_has:items"),
        (response(body=TOKENS), "json_eq:active=true", "json_eq:active=false"),
        (response(body=TOKENS), "json_eq:expires_in=3600", "json_eq:items=null"),
        (response(body='{"active": false}'), "json_only:active", "json_only:sub"),
        (response(body=TOKENS), "json_prefix:access_token=polar_at_o_", "json_prefix:access_token=polar_at_u_"),
        (response(body='{"grant_types": ["web"]}'), "json_list_has:grant_types=web", "json_list_has:grant_types=we"),
        (response(body=TOKENS), "json_scope_has:email", "json_scope_has:mail"),
        (response(body=KEYS), "jwks_has:d", "jwks_has:p"),
        (response(body=KEYS), "jwks_has_kid:k2", "jwks_has_kid:k3"),
        (response(body=KEYS), "jwks_each_has:kid,use", "jwks_each_has:kid,use,alg"),
        (response(Retry_After="9"), "header_has:retry-after", "header_has:Server"),
        (response(Server="uvicorn/1"), "header_contains:Server=/", "header_contains:Server=2"),
        (response(X_Frame_Options="DENY"), "header_eq:X-Frame-Options=DENY", "header_eq:X-Frame-Options=DEN"),
        (response(Set_Cookie=COOKIE), "cookie_has:SameSite=Lax", "cookie_has:Secure"),
        (response(Set_Cookie=COOKIE), "cookie_name_prefix:__Host-", "cookie_name_prefix:__Secure-"),
        (response(body="<b>x"), "body_contains:<b>", "body_contains:<i>"),
        (response(body="<b>x"), "body_contains_unescaped:<b>", "body_contains_unescaped:<i>"),
        (response(body=f"<a href='{ELSEWHERE}'>", location=ELSEWHERE), "off_origin_redirect", "status:500"),
    ],
)
def test_words_about_responses_tell_apart(given: Response, so: str, not_so: str) -> None:
    """Each word holds for a response of its kind, and not for another."""
    check(Expectation(status=given.status, must=[so], must_not=[not_so]), evidence(given))
    with pytest.raises(AssertionError, match="must hold and does not"):
        check(Expectation(status=given.status, must=[not_so]), evidence(given))
    with pytest.raises(AssertionError, match="must not hold and does"):
        check(Expectation(status=given.status, must_not=[so]), evidence(given))


def test_every_word_about_responses_is_tried() -> None:
    """The table above leaves none out."""
    table = next(m for m in test_words_about_responses_tell_apart.pytestmark if m.name == "parametrize").args[1]  # type: ignore[attr-defined]
    assert {so.partition(":")[0] for _, so, _ in table} == RESPONSE_WORDS.keys()


RACE = [response(200), response(400), response(429)]


@pytest.mark.parametrize(
    "so, not_so",
    [
        ("success_count:1", "success_count:2"),
        ("success_count_over:0", "success_count_over:1"),
        ("status_count:400=1", "status_count:400=2"),
        ("eventually_status:429", "eventually_status:500"),
        ("attempts_before_429_over:1", "attempts_before_429_over:2"),
        ("password_verifications_over:1", "password_verifications_over:2"),
    ],
)
def test_words_about_repetitions_tell_apart(so: str, not_so: str) -> None:
    """Counts over all the responses of a repetition."""
    assert WORDS[so.partition(":")[0]](evidence(*RACE), so.partition(":")[2])
    assert not WORDS[not_so.partition(":")[0]](evidence(*RACE), not_so.partition(":")[2])


def test_slow_once_is_not_slow() -> None:
    """A limit on latency is missed three times in a row, or not at all."""
    slow, fast = after(2.0), after(0.1)
    assert WORDS["latency_ms_over"](Evidence(NOBODY, slow, again=lambda: slow), "1000")
    assert not WORDS["latency_ms_over"](Evidence(NOBODY, slow, again=lambda: fast), "1000")


@pytest.mark.parametrize("theirs, leaks", [(0.001, True), (0.07, False), (0.099, False)])
def test_a_leak_in_time_is_most_of_the_time(theirs: float, leaks: bool) -> None:
    """Work that is left out shows; the noise of a busy machine does not."""
    measured = Evidence(NOBODY, after(0.1), list, after(theirs))
    assert WORDS["median_time_delta_ms_over"](measured, "15") is leaks


@pytest.mark.parametrize(
    "expected, given, complaint",
    [
        (Expectation(status=[400, 401]), [response(400), response(200)], "status, not one of"),
        (Expectation(status=400, error="invalid_grant"), [response(400, '{"error": "invalid_request"}')], "error, not"),
        (Expectation(status=400, error="invalid_grant"), [response(400)], "error, not one of"),
    ],
)
def test_status_and_error_are_checked(expected: Expectation, given: list[Response], complaint: str) -> None:
    """Of every response of a repetition."""
    with pytest.raises(AssertionError, match=complaint):
        check(expected, evidence(*given))


def test_patches_change_and_remove() -> None:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    assert merged({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None, "e": 3}, "d": [2]}) == {
        "a": {"c": 2, "e": 3},
        "d": [2],
    }


def test_anything_can_be_sent() -> None:
    """Headers twice, a foreign Host, bytes beyond ASCII: they go out as they are."""
    request = Request(
        method="POST",
        path="/x?y=1",
        params={"a": ["1", "2"]},
        headers={"Host": "evil.example", "Authorization": ["Bearer é", "Bearer b"]},
        form={"code": ["c", "second"], "nul": "\0"},
    )
    assert _sent(request) == (
        b"POST /x?y=1&a=1&a=2 HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Authorization: Bearer \xc3\xa9\r\nAuthorization: Bearer b\r\nContent-Length: 26\r\n\r\n"
        b"code=c&code=second&nul=%00"
    )


def _sent(request: Request) -> bytes:
    """The bytes that arrive at a listener, which answers anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                heard.append(connection.recv(10_000))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert Place(listener.getsockname()[1], "id.polar.test").send(request).status == 204
        thread.join()
    return heard[0]


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/", "http://169.254.169.254/", "http://nowhere.invalid/"])
def test_canary_hears(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """A server that fetched an address would be heard: here, at the metadata service, and at any name."""
    with Canary() as canary:
        for name, value in canary.variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(OSError):  # noqa: PT011 - how a client puts it differs from address to address
            urllib.request.build_opener().open(address.format(port=canary.port), timeout=5)
        assert len(canary.heard) == 1
