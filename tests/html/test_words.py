"""Values in words: names without tricks, hosts as the DNS has them, times and durations."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.html import words


@pytest.mark.parametrize(
    "text,shown",
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada\t\r\n Lovelace ", "Ada Lovelace"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066Bank\u2069 \u200b\u2060\ufeff", "Bank"),
        ("\u3164\u2800\u115f", ""),
        ("شركة", "شركة"),
        ("Zoë", "Zoë"),
        ("a\x00b", "ab"),
        ("\ud800x", "x"),
        (None, ""),
    ],
)
def test_names_lose_what_cannot_be_seen(text: str | None, shown: str) -> None:
    """Controls, direction marks and invisible letters go; letters of every script stay."""
    assert words.plain(text) == shown


def test_a_name_of_nothing_is_replaced() -> None:
    """A name that is empty to the eye shows as the words given for it."""
    assert words.plain("\u200b \u2066", "An app") == "An app"


def test_towers_of_marks_are_cut() -> None:
    """At most two marks stand on a letter, so a name cannot cover its surroundings."""
    assert words.plain("Z" + "\u0301" * 30 + "a") == "Z\u0301\u0301a"


@given(st.text(max_size=2000))
def test_a_plain_name_is_short_visible_and_stable(text: str) -> None:
    """Whatever comes in, the name fits, is printable, and cleaning it again changes nothing."""
    shown = words.plain(text)
    assert len(shown) <= words.NAME_LENGTH
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs") for c in shown)
    assert words.plain(shown) == shown.strip()


@pytest.mark.parametrize(
    "uri,shown",
    [
        ("https://app.example/cb?x=1", "app.example"),
        ("https://App.Example:8443/cb", "app.example:8443"),
        ("http://127.0.0.1:51004/", "127.0.0.1:51004"),
        ("http://[::1]:9000/cb", "[::1]:9000"),
        ("com.example.app:/cb", "com.example.app:"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://user@evil.example/", "evil.example"),
        ("https://[broken", "an address that cannot be read"),
        ("https://app.example:99999/", "an address that cannot be read"),
    ],
)
def test_hosts_show_where_a_uri_leads(uri: str, shown: str) -> None:
    """The host is shown in ASCII with its port, a private scheme as itself."""
    assert words.host(uri) == shown


@pytest.mark.parametrize(
    "uri,here",
    [
        ("http://localhost:1/", True),
        ("com.example.app:/", True),
        ("http://[::1]/", True),
        ("https://app.example/", False),
    ],
)
def test_programs_on_this_device_are_told_apart(uri: str, here: bool) -> None:
    """Loopback and private schemes stay on the device."""
    assert words.is_this_device(uri) is here


@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", " https://x", "//x", "", None]
)
def test_only_web_addresses_become_links(uri: str | None) -> None:
    """Anything that is not http or https is no link."""
    assert words.web(uri) is None


@pytest.mark.parametrize(
    "seconds,shown",
    [
        *((0, "1 minute"), (1, "1 minute"), (60, "1 minute"), (61, "2 minutes"), (800, "14 minutes")),
        *((3_600, "1 hour"), (5_400, "90 minutes"), (86_400, "1 day"), (604_800, "7 days"), (90_000, "25 hours")),
        (700_000, "9 days"),
    ],
)
def test_durations_are_rounded_up_and_exact_where_they_can_be(seconds: int, shown: str) -> None:
    """A person is never told to come back too early."""
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    "name,letters",
    [
        ("Ada Lovelace", "AL"),
        ("ada@example.com", "A"),
        ("", "?"),
        ("<b>", "?"),
        ("شركة النجمة", "شا"),
        ("Ann B. Cole", "AB"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    """One or two letters, or a question mark."""
    assert words.initials(name) == letters


def test_tints_are_stable_and_within_the_stylesheet() -> None:
    """The same name has the same colour in every process, one of six."""
    assert words.tint("Ada") == words.tint("Ada")
    assert {words.tint(str(i)) for i in range(200)} == set(range(6))


def test_times_can_be_read_by_people_and_programs() -> None:
    """A time is in words, in UTC, with the machine's form beside it."""
    assert words.moment(0) == '<time datetime="1970-01-01T00:00:00Z">1 January 1970, 00:00 UTC</time>'
    assert words.day(0) == '<time datetime="1970-01-01T00:00:00Z">1 January 1970</time>'


@pytest.mark.parametrize(
    "user_agent,shown",
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "curl"),
        ("", "An unknown browser"),
        (None, "An unknown browser"),
        ("Lynx (Linux)", "A browser on Linux"),
    ],
)
def test_browsers_are_named_as_people_know_them(user_agent: str | None, shown: str) -> None:
    """A User-Agent becomes two words."""
    assert words.browser(user_agent) == shown
