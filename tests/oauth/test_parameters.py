"""Forms and queries (RFC 6749 §3.1, §3.2, appendix B)."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.oauth.errors import InvalidRequest, OAuthError, PayloadTooLarge
from polar_server.oauth.parameters import MAX_BYTES, MAX_PARAMETERS, is_form, read_form

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    "body, parameters",
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b"a=1&b=2", {"a": "1", "b": "2"}, id="two"),
        pytest.param(b"a=b=c", {"a": "b=c"}, id="the first = separates"),
        pytest.param(b"a=1%202", {"a": "1 2"}, id="percent-encoded"),
        pytest.param(b"a=1+2", {"a": "1 2"}, id="plus is a space"),
        pytest.param(b"a=1%2B2", {"a": "1+2"}, id="encoded plus is a plus"),
        pytest.param(b"a%3Db=1%26c%3D2", {"a=b": "1&c=2"}, id="encoded separators separate nothing"),
        pytest.param(b"a=%C3%A9", {"a": "é"}, id="UTF-8, encoded"),
        pytest.param("a=é".encode(), {"a": "é"}, id="UTF-8, raw"),
        pytest.param(b"a=%ZZ%", {"a": "%ZZ%"}, id="no escapes"),
        pytest.param(b"a=%2541", {"a": "%41"}, id="decoded once"),
        pytest.param(b"a=1;b=2", {"a": "1;b=2"}, id="a semicolon separates nothing"),
        # RFC 6749 §3.1: parameters sent without a value MUST be treated as if they were omitted.
        pytest.param(b"a=&b&c=1", {"c": "1"}, id="without a value"),
        pytest.param(b"&&a=1&&", {"a": "1"}, id="empty fields"),
        pytest.param(b"=1&=2&a=1", {"a": "1"}, id="without a name"),
        pytest.param(b"resource=a&resource=b&a=1", {"resource": "b", "a": "1"}, id="resource (RFC 8707 §2)"),
        pytest.param(b"A=1&a=2", {"A": "1", "a": "2"}, id="names are case-sensitive"),
    ],
)
def test_reads(body: bytes, parameters: dict[str, str]) -> None:
    """A form is read as RFC 6749 appendix B writes it."""
    assert read_form(body) == parameters


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a=1&a=2", id="twice"),
        pytest.param(b"a=1&a=1", id="twice the same"),
        pytest.param(b"a=&a=1", id="empty, then full"),
        pytest.param(b"a=1&a=", id="full, then empty"),
        pytest.param(b"a&a", id="twice without a value"),
        pytest.param(b"a=1&%61=2", id="one of them encoded"),
        pytest.param(b"client_id=1&redirect_uri=x&redirect_uri=https://evil.example", id="redirect_uri"),
        pytest.param(b"a=%ff", id="not UTF-8, encoded"),
        pytest.param(b"a=\xff", id="not UTF-8, raw"),
        pytest.param(b"%ff=1", id="name not UTF-8"),
        pytest.param(b"a=%C0%80", id="overlong UTF-8"),
        pytest.param(b"a=%ED%A0%80", id="a surrogate"),
        pytest.param(b"a=%00", id="NUL, encoded"),
        pytest.param(b"a=\0", id="NUL, raw"),
        pytest.param(b"a%00=1", id="NUL in a name"),
    ],
)
def test_refuses(body: bytes) -> None:
    """What is repeated (RFC 6749 §3.1), no UTF-8 (appendix B), or NUL is an invalid request."""
    with pytest.raises(InvalidRequest) as refused:
        read_form(body)
    assert refused.value.as_dict()["error"] == "invalid_request"


def test_size() -> None:
    """A form may have MAX_BYTES bytes; one more is too large and is answered with 413."""
    assert len(read_form(b"a=" + b"x" * (MAX_BYTES - 2))["a"]) == MAX_BYTES - 2
    with pytest.raises(PayloadTooLarge) as refused:
        read_form(b"a=" + b"x" * (MAX_BYTES - 1))
    assert refused.value.status == 413


def test_number_of_parameters() -> None:
    """A form may have MAX_PARAMETERS parameters and no more."""
    fields = [f"p{i}=1" for i in range(MAX_PARAMETERS + 1)]
    assert len(read_form("&".join(fields[:-1]).encode())) == MAX_PARAMETERS
    with pytest.raises(PayloadTooLarge):
        read_form("&".join(fields).encode())


def test_repeated_name_is_shortened() -> None:
    """The description names what is repeated, but not at any length."""
    with pytest.raises(InvalidRequest) as refused:
        read_form(b"&".join([b"x" * 1000] * 2))
    assert len(refused.value.description) < 200


@pytest.mark.parametrize(
    "content_type, form",
    [
        ("application/x-www-form-urlencoded", True),
        ("Application/X-WWW-Form-URLencoded ; charset=UTF-8", True),
        ("application/json", False),
        ("multipart/form-data; boundary=application/x-www-form-urlencoded", False),
        ("", False),
        (None, False),
    ],
)
def test_content_type(content_type: str | None, form: bool) -> None:
    """Only application/x-www-form-urlencoded is a form (RFC 6749 §3.2, §4.1.3), whatever its case and parameters."""
    assert is_form(content_type) is form


@given(st.dictionaries(TEXTS, TEXTS, max_size=20))
def test_round_trip(parameters: dict[str, str]) -> None:
    """What urlencode writes is read back."""
    assert read_form(urlencode(parameters).encode()) == parameters


@given(st.binary(max_size=300) | st.text("a=&%+;0é\0", max_size=30).map(str.encode))
def test_any_bytes(body: bytes) -> None:
    """Any bytes are read or refused; nothing that was read is empty or has NUL."""
    try:
        parameters = read_form(body)
    except OAuthError:
        return
    assert all(name and value and "\0" not in name + value for name, value in parameters.items())


@given(st.text("xy=&%+41", max_size=40))
def test_agrees_with_the_standard_library(text: str) -> None:
    """A form without repetitions is read like the standard library reads it."""
    fields = [(name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name]
    if len(dict(fields)) < len(fields):
        with pytest.raises(InvalidRequest):
            read_form(text.encode())
    else:
        assert read_form(text.encode()) == {name: value for name, value in fields if value}
