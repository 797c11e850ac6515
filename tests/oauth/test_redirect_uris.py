"""Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1.3)."""

import re
import time
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.oauth.samples import REDIRECT_URI

from polar_server.oauth import redirect_uris
from polar_server.oauth.errors import InvalidRedirectUri, InvalidRequest
from polar_server.oauth.redirect_uris import MAX_LENGTH

LOOPBACK = "http://127.0.0.1/callback"


def is_registrable(uri: str, *, public: bool = False) -> bool:
    try:
        redirect_uris.check_registrable(uri, public=public)
    except InvalidRedirectUri:
        return False
    return True


def is_accepted(sent: str, *registered: str, public: bool = False) -> bool:
    try:
        return redirect_uris.choose(sent, registered, public=public, required=True) == sent
    except InvalidRequest:
        return False


WEB = [
    REDIRECT_URI,
    "https://app.example",
    "https://app.example/",
    "https://app.example:8443/cb",
    "https://app.example:65535/cb",
    "https://APP.example/Cb",
    "https://xn--bcher-kva.example/cb",
    "https://a_b.app.example/cb",
    "https://app/cb",
    "https://app.example/cb?x=1&y=2",
    "https://app.example/cb?",
    "https://app.example/cb?next=https://other.example/",
    "https://app.example/a%20b/~user/(x)'!$,;@:",
    "https://app.example/a..b/.well-known",
    "https://203.0.113.9/cb",
    "https://[2001:db8::1]/cb",
    "https://[2001:db8::1]:8443/cb",
    "https://app.example/".ljust(MAX_LENGTH, "a"),
    "https://1.example/cb",
    "http://localhost/cb",
    "http://localhost:3000/cb",
    "http://127.0.0.1:3000/cb",
    "http://[::1]:3000/cb",
    "http://[::1]",
]
NATIVE = [
    "com.example.app:/callback",
    "com.example.app://callback/done",
    "com.example.app:///callback",
    "com.example.app:callback",
    "a.b-c:/?x=1",
]


@pytest.mark.parametrize("uri", WEB)
def test_registrable(uri: str) -> None:
    """RFC 6749 §3.1.2, RFC 9700 §2.6: https anywhere, and http on loopback."""
    assert is_registrable(uri, public=True)
    assert is_registrable(uri, public=False)


@pytest.mark.parametrize("uri", NATIVE)
def test_private_scheme(uri: str) -> None:
    """RFC 8252 §7.1: a reversed domain name as scheme is for public clients only."""
    assert is_registrable(uri, public=True)
    assert not is_registrable(uri, public=False)


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("", id="empty"),
        pytest.param("/callback", id="relative"),
        pytest.param("//app.example/cb", id="without a scheme"),
        pytest.param("app.example/cb", id="host only"),
        pytest.param("https:", id="scheme only"),
        pytest.param("https:/app.example/cb", id="one slash"),
        pytest.param("https:app.example/cb", id="no slash"),
        pytest.param("https:///cb", id="no host"),
        pytest.param("https://", id="nothing behind the slashes"),
        pytest.param("https://:443/cb", id="port only"),
        pytest.param("HTTPS://app.example/cb", id="upper-case scheme"),
        # RFC 9700 §2.6: no http but on loopback.
        pytest.param("http://app.example/cb", id="http"),
        pytest.param("http://10.0.0.1/cb", id="http on a private address"),
        pytest.param("http://169.254.169.254/cb", id="http on a link-local address"),
        pytest.param("http://0.0.0.0/cb", id="http on the unspecified address"),
        pytest.param("http://localhost.evil.example/cb", id="localhost as a label"),
        pytest.param("http://127.0.0.1.evil.example/cb", id="loopback address as a label"),
        pytest.param("http://LOCALHOST/cb", id="localhost in upper case"),
        # Schemes that run code, or that nobody owns (RFC 8252 §7.1).
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("JaVaScRiPt://app.example/%0aalert(1)", id="javascript in mixed case"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("blob:https://app.example/x", id="blob"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("urn:ietf:wg:oauth:2.0:oob", id="out of band"),
        pytest.param("myapp:/cb", id="private scheme without a dot"),
        pytest.param("Com.Example:/cb", id="private scheme in upper case"),
        pytest.param("com.example.app://me@host/cb", id="private scheme with a user name"),
        # RFC 6749 §3.1.2: no fragment.
        pytest.param("https://app.example/cb#", id="empty fragment"),
        pytest.param("https://app.example/cb#x", id="fragment"),
        pytest.param("https://app.example#@evil.example/", id="fragment in the authority"),
        # User names and what looks like them.
        pytest.param("https://user@app.example/cb", id="user name"),
        pytest.param("https://user:pw@app.example/cb", id="user name and password"),
        pytest.param("https://a@b@evil.example/cb", id="two @ (CVE-2023-6291)"),
        pytest.param("http://127.0.0.1:1@evil.example/cb", id="loopback as user name (CVE-2024-8883)"),
        pytest.param("https://app.example\\@evil.example/cb", id="backslash"),
        # Wildcards.
        pytest.param("https://*.app.example/cb", id="wildcard host"),
        pytest.param("https://app.example/*", id="wildcard path"),
        # Hosts that are read differently by different readers.
        pytest.param("https://app..example/cb", id="empty label"),
        pytest.param("https://.app.example/cb", id="leading dot"),
        pytest.param("https://app.example./cb", id="trailing dot"),
        pytest.param("https://-app.example/cb", id="leading hyphen"),
        pytest.param(f"https://{'a' * 64}.example/cb", id="long label"),
        pytest.param("https://app.example%00.evil.example/cb", id="NUL in the host"),
        pytest.param("https://app%2eexample/cb", id="encoded dot in the host"),
        pytest.param("https://bücher.example/cb", id="not in punycode"),
        pytest.param("https://app。example/cb", id="ideographic full stop"),
        pytest.param("https://2130706433/cb", id="address as one number"),
        pytest.param("https://127.1/cb", id="short address"),
        pytest.param("https://0x7f.0.0.1/cb", id="hexadecimal address"),
        pytest.param("https://1.2.3.0x10/cb", id="hexadecimal last part"),
        pytest.param("https://0177.0.0.1/cb", id="octal address"),
        pytest.param("https://1.2.3.256/cb", id="address out of range"),
        pytest.param("https://app.example.1/cb", id="number as last label"),
        pytest.param("https://[::::]/cb", id="no IPv6 address"),
        pytest.param("https://[fe80::1%25eth0]/cb", id="zone id"),
        pytest.param("https://[::1/cb", id="open bracket"),
        pytest.param("https://[::1]8443/cb", id="port without a colon"),
        pytest.param("https://[::1].evil.example/cb", id="address as a label"),
        pytest.param("https://::1/cb", id="IPv6 without brackets"),
        # Ports.
        pytest.param("https://app.example:/cb", id="empty port"),
        pytest.param("https://app.example:0/cb", id="port 0"),
        pytest.param("https://app.example:0443/cb", id="leading zero"),
        pytest.param("https://app.example:65536/cb", id="port out of range"),
        pytest.param(f"https://app.example:{'9' * 1900}/cb", id="endless port"),
        pytest.param("https://app.example:x/cb", id="no number"),
        pytest.param("https://app.example:+1/cb", id="signed port"),
        pytest.param("https://app.example:8443:8443/cb", id="two ports"),
        # Characters (RFC 3986 §2).
        pytest.param("https://app.example/c b", id="space"),
        pytest.param(" https://app.example/cb", id="leading space"),
        pytest.param("https://app.example/cb\n", id="trailing newline"),
        pytest.param("https://app.exam\tple/cb", id="tab"),
        pytest.param("https://app.example/cb\0", id="NUL"),
        pytest.param("https://app.example/é", id="not ASCII"),
        pytest.param("https://app.example/\ud800", id="a surrogate"),
        pytest.param("https://app.example/\u202ebc", id="right-to-left override"),
        *(pytest.param(f"https://app.example/{c}", id=f"character {c}") for c in '"<>^`{|}\\'),
        # Dot segments and what becomes one (CVE-2024-1132).
        pytest.param("https://app.example/cb/../evil", id="dot segment"),
        pytest.param("https://app.example/./cb", id="single dot"),
        pytest.param("https://app.example/cb/..", id="dot segment at the end"),
        pytest.param("https://app.example/cb/%2e%2E/evil", id="encoded dot segment"),
        pytest.param("https://app.example/cb/.%2e/evil", id="half-encoded dot segment"),
        pytest.param("https://app.example/cb/..;/evil", id="dot segment with a parameter"),
        pytest.param("https://app.example/cb/..%3b/evil", id="dot segment with an encoded parameter"),
        pytest.param("https://app.example/cb%2f..%2fevil", id="encoded slash"),
        pytest.param("https://app.example/cb%5Cevil", id="encoded backslash"),
        pytest.param("https://app.example/cb%00", id="encoded NUL"),
        # RFC 9700 §4.1.2: nothing that the response adds (CVE-2026-9689).
        pytest.param("https://app.example/cb?code=1", id="code"),
        pytest.param("https://app.example/cb?x=1&state=2", id="state"),
        pytest.param("https://app.example/cb?%63ode=1", id="encoded name"),
        pytest.param("https://app.example/cb?x=1;code=2", id="semicolon as separator"),
        pytest.param("https://app.example/cb?error", id="error without a value"),
        pytest.param("https://app.example/cb?iss=https://id.example", id="iss"),
        pytest.param("https://app.example/".ljust(MAX_LENGTH + 1, "a"), id="long"),
    ],
)
def test_not_registrable(uri: str) -> None:
    """What is ambiguous, unsafe or not absolute is refused in words that can be shown."""
    assert not is_registrable(uri, public=False)
    with pytest.raises(InvalidRedirectUri) as refused:
        redirect_uris.check_registrable(uri, public=True)
    assert 20 < len(refused.value.description) < 300


@pytest.mark.parametrize(
    "sent",
    [
        "https://evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://evilapp.example/callback",
        "https://appxexample/callback",
        "https://app.example/callback/",
        "https://app.example/callback/../evil",
        "https://app.example/callback%2f..%2fevil",
        "https://app.example/callback/%252e%252e/evil",
        "https://app.example/callback/..;/evil",
        "https://app.example/CALLBACK",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example/%63allback",
        "https://app.example/callback?x=1",
        "https://app.example/callback?",
        "https://app.example/callback?code=attacker&state=attacker",
        "https://app.example/callback#",
        "https://app.example/callback#x",
        "https://user:pw@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://a@b@evil.example/callback",
        "https://app.example\\@evil.example/callback",
        "https://app.example%00.evil.example/callback",
        "https://app.example/callback\n",
        " https://app.example/callback",
        "https://app.example/callback ",
        "https://app.exam\nple/callback",
        "//evil.example/callback",
        "/callback",
        "",
        "javascript:alert(document.domain)",
        "JaVaScRiPt://app.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "http://app.example/callback",
        "HTTPS://app.example/callback",
        "https://clientb.example/cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "https://app.example/callback;jsessionid=1",
        "http://[::::::::::::::::::::::::::::::::::::::::::::::::::::::..]/",
        "https://app.example/callback" + "/" * 60_000,
        "https://app.example/callbac",
        "https://app.example/callback\ud800",
    ],
)
def test_not_the_registered_one(sent: str) -> None:
    """RFC 9700 §4.1.3: what differs from the registered URI in any byte is refused."""
    assert not is_accepted(sent, REDIRECT_URI, public=False)
    assert not is_accepted(sent, REDIRECT_URI, public=True)


@pytest.mark.parametrize(
    "registered, sent",
    [
        pytest.param(LOOPBACK, LOOPBACK, id="equal"),
        pytest.param(LOOPBACK, "http://127.0.0.1:51234/callback", id="any port"),
        pytest.param(LOOPBACK, "http://127.0.0.1:65535/callback", id="the highest port"),
        pytest.param("http://127.0.0.1:8080/callback", "http://127.0.0.1:51234/callback", id="another port"),
        pytest.param("http://127.0.0.1:8080/callback", "http://127.0.0.1/callback", id="no port"),
        pytest.param("http://[::1]/callback", "http://[::1]:51234/callback", id="IPv6"),
        pytest.param("http://127.0.0.1", "http://127.0.0.1:51234", id="no path"),
        pytest.param("http://127.0.0.1?x=1", "http://127.0.0.1:51234?x=1", id="query without a path"),
        pytest.param("http://localhost/callback", "http://localhost:51234/callback", id="localhost without a port"),
    ],
)
def test_loopback(registered: str, sent: str) -> None:
    """RFC 8252 §7.3: a native app may use any port of a loopback redirect; nobody else may."""
    assert is_accepted(sent, registered, public=True)
    assert is_accepted(sent, registered, public=False) == (sent == registered)


@pytest.mark.parametrize(
    "sent",
    [
        "http://127.0.0.1:51234/evil",
        "http://127.0.0.1:51234/callback/",
        "http://127.0.0.1:51234/callback?x=1",
        "http://127.0.0.1:51234/callback%2f..%2fevil",
        "http://127.0.0.1:51234/%63allback",
        "http://127.0.0.1:51234/callback#x",
        "http://127.0.0.1:51234",
        "http://localhost:51234/callback",
        "http://[::1]:51234/callback",
        "http://127.0.0.2:51234/callback",
        "http://127.1:51234/callback",
        "http://0.0.0.0:51234/callback",
        "http://127.0.0.1.evil.example:51234/callback",
        "http://127.0.0.1:51234@evil.example/callback",
        "http://evil@127.0.0.1:51234/callback",
        "http://127.0.0.1:51234\\@evil.example/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:00080/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:999999/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:٨٠/callback",
        "http://127.0.0.1:80 /callback",
        "https://127.0.0.1:51234/callback",
        "HTTP://127.0.0.1:51234/callback",
        "http://127.0.0.1:51234/callback\n",
        "http://127.0.0.1:51234\n/callback",
    ],
)
def test_not_loopback(sent: str) -> None:
    """RFC 8252 §7.3: nothing but the port may differ, and a port is a number from 1 to 65535."""
    assert not is_accepted(sent, LOOPBACK, public=True)


@pytest.mark.parametrize(
    "registered, sent",
    [
        ("http://localhost:8080/callback", "http://localhost:51234/callback"),
        ("http://localhost:8080/callback", "http://localhost/callback"),
        (REDIRECT_URI, "https://app.example:8443/callback"),
        ("com.example.app:/callback", "com.example.app:/other"),
        (REDIRECT_URI, "http://127.0.0.1:51234/callback"),
    ],
)
def test_port_is_fixed(registered: str, sent: str) -> None:
    """RFC 8252 §8.3: the port of localhost by name is free only where none was registered; elsewhere it never is."""
    assert not is_accepted(sent, registered, public=True)


def test_every_registered_one() -> None:
    """RFC 6749 §3.1.2.3: with several registered, each of them may be used."""
    registered = [f"https://app.example/{i}" for i in range(50)]
    assert all(is_accepted(uri, *registered) for uri in registered)


@pytest.mark.parametrize(
    "registered, required, chosen",
    [
        pytest.param([REDIRECT_URI], False, REDIRECT_URI, id="the only one (RFC 6749 §3.1.2.3)"),
        pytest.param([REDIRECT_URI], True, None, id="an OpenID request (Core §3.1.2.1)"),
        pytest.param([REDIRECT_URI, "https://b.example"], False, None, id="several registered (RFC 6749 §3.1.2.3)"),
        pytest.param([], False, None, id="none registered"),
    ],
)
def test_not_sent(registered: list[str], chosen: str | None, *, required: bool) -> None:
    """Without redirect_uri in the request, the only registered one is used, unless it is an OpenID request."""
    if chosen is not None:
        assert redirect_uris.choose(None, registered, public=False, required=required) == chosen
        return
    with pytest.raises(InvalidRequest, match="missing"):
        redirect_uris.choose(None, registered, public=False, required=required)


@pytest.mark.parametrize(
    "sent, registered, place",
    [
        ("https://app.example/callbacc", [REDIRECT_URI], 28),
        ("https://app.example/callback/", ["https://b.example", REDIRECT_URI], 29),
        ("x", [REDIRECT_URI], 1),
        ("x", [], 1),
    ],
)
def test_difference_is_logged(sent: str, registered: list[str], place: int) -> None:
    """Whoever reads the log sees where the URI began to differ, and the answer shows nothing registered."""
    with pytest.raises(InvalidRequest) as refused:
        redirect_uris.choose(sent, registered, public=False, required=False)
    assert refused.value.detail.endswith(f"at character {place}")
    assert "app.example" not in refused.value.description


@pytest.mark.parametrize(
    "uri, origin, host, local",
    [
        (REDIRECT_URI, "https://app.example", "app.example", False),
        ("https://app.example:8443?x=1", "https://app.example:8443", "app.example:8443", False),
        ("https://localhost.example/cb", "https://localhost.example", "localhost.example", False),
        ("https://127.example/cb", "https://127.example", "127.example", False),
        ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000", "127.0.0.1:3000", True),
        ("http://[::1]:3000/cb", "http://[::1]:3000", "[::1]:3000", True),
        ("http://localhost", "http://localhost", "localhost", True),
        ("https://localhost:3000/cb", "https://localhost:3000", "localhost:3000", True),
        ("https://App.LocalHost/cb", "https://App.LocalHost", "App.LocalHost", True),
        ("https://127.0.0.2/cb", "https://127.0.0.2", "127.0.0.2", True),
        ("com.example.app:/cb", "com.example.app:", "com.example.app:", True),
    ],
)
def test_where_it_leads(uri: str, origin: str, host: str, *, local: bool) -> None:
    """Pages name the host of a redirect, and RFC 8252 §8.6 asks more of one that stays on the machine."""
    assert (redirect_uris.origin(uri), redirect_uris.shown_host(uri)) == (origin, host)
    assert redirect_uris.is_local(uri) is local


@pytest.mark.parametrize(
    "uri", ["https://app.example", "https://app.example/logo.png?v=1#top", "https://[2001:db8::1]/"]
)
def test_link(uri: str) -> None:
    """What people follow or load from a page is https on a host."""
    redirect_uris.check_link(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://app.example/",
        "HTTPS://app.example/",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "https://",
        "https:app.example",
        "//app.example",
        "https://user@app.example/",
        "https://*.example/",
        "https://app.example/\n",
        'https://app.example/"onload="alert(1)',
        "https://app.example/\u202e",
        "https://app.example:99999/",
        "https://2130706433/",
    ],
)
def test_no_link(uri: str) -> None:
    """Any other link is refused (CVE-2026-59354)."""
    with pytest.raises(InvalidRedirectUri):
        redirect_uris.check_link(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://" + "a" * 1990,
        "https://" + "a-" * 990,
        "https://" + "a." * 990 + "!",
        "https://[" + ":" * 1900 + "]",
        "https://a" + "/." * 990,
        "a" + "." * 1900 + ":",
        "a.-" * 600 + ":",
        "https://a:" + "1" * 1900,
    ],
)
def test_no_regular_expression_runs_away(uri: str) -> None:
    """Long input costs no more than its length (CVE-2022-36087)."""
    start = time.process_time()
    is_registrable(uri, public=True)
    is_accepted(uri, REDIRECT_URI, LOOPBACK, public=True)
    assert time.process_time() - start < 0.1


def host_of_urllib(uri: str) -> str | None:
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None


def host_of_browsers(uri: str) -> str | None:
    """The host as the WHATWG URL standard reads it: no tabs and newlines, a backslash is a slash, the last @ counts."""
    text = re.sub("[\t\r\n]", "", uri.strip("".join(map(chr, range(33))))).replace("\\", "/")
    found = re.match(r"(?i)(https?):/*([^/?#]*)", text)
    if found is None:
        return None
    host_port = unquote(found[2].rpartition("@")[2]).lower()
    return re.sub(r":[0-9]*$", "", host_port).strip("[]")


PIECES = st.sampled_from(
    [
        "@",
        "\\",
        "/",
        "//",
        ":",
        "?",
        "#",
        ".",
        "..",
        "%2f",
        "%00",
        "\t",
        "\n",
        " ",
        "evil.example",
        "127.0.0.1",
        "a",
        "1",
    ]
)


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, str]:
    """A registered URI, and one that was made of it by cutting out and putting in."""
    registered = draw(st.sampled_from([*WEB, *NATIVE]))
    start = draw(st.integers(0, len(registered)))
    end = draw(st.integers(start, min(len(registered), start + 4)))
    middle = "".join(draw(st.lists(PIECES | st.characters(), max_size=4)))
    return registered, registered[:start] + middle + registered[end:]


@given(spoiled())
@example(("https://app.example/", "https://app.example\\@evil.example/"))
@example(("http://localhost/cb", "http://localhost:80@evil.example/cb"))
def test_no_other_host(uris: tuple[str, str]) -> None:
    """Whatever is accepted leads to the registered host, for servers and for browsers, and differs in the port only."""
    registered, sent = uris
    assert is_accepted(sent, registered, public=False) == (sent == registered)
    if is_accepted(sent, registered, public=True):
        assert host_of_urllib(sent) == host_of_urllib(registered)
        assert host_of_browsers(sent) == host_of_browsers(registered)
        assert sent == registered or _without_port(sent) == _without_port(registered)


def _without_port(uri: str) -> str:
    return re.sub(r"\A(http://(?:127\.0\.0\.1|\[::1\]|localhost)):[1-9][0-9]{0,4}(?=[/?]|\Z)", r"\1", uri)


@given(st.sampled_from([*WEB, *NATIVE]), st.text(st.characters(), max_size=60))
def test_any_text(registered: str, sent: str) -> None:
    """Any text is compared without a crash, and accepted only when it is the registered one."""
    assert is_accepted(sent, registered, public=True) == (sent == registered)


@given(spoiled() | st.tuples(st.just(""), st.text(st.characters(), max_size=60)), st.booleans())
def test_registered_hosts_are_clear(uris: tuple[str, str], public: bool) -> None:
    """What may be registered has one host, which servers and browsers agree about, and pages show it."""
    uri = uris[1]
    if not is_registrable(uri, public=public):
        return
    if uri.startswith(("https:", "http:")):
        assert host_of_urllib(uri) == host_of_browsers(uri)
        assert host_of_urllib(redirect_uris.origin(uri)) == host_of_urllib(uri)
        assert urlsplit(uri).username is None
    else:
        assert public
        assert redirect_uris.is_local(uri)
    assert is_accepted(uri, uri)
