"""What may be typed into forms."""

from collections.abc import Callable

import pytest

from polar_server.accounts import fields
from polar_server.accounts.fields import Unacceptable


@pytest.mark.parametrize(
    "typed,kept",
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada+tag@mail.example.co.uk", "ada+tag@mail.example.co.uk"),
        ("demo@localhost", "demo@localhost"),
    ],
)
def test_an_email_is_trimmed_and_in_lower_case(typed: str, kept: str) -> None:
    """So one mailbox is one account, however it is typed."""
    assert fields.email(typed) == kept


BAD_EMAILS = [
    "", "ada", "@example.com", "ada@", "a@b@c", "ada@exa mple.com", "ada@-x.com", "ada@x..com", "ada@example.com\n.x",
    "a\x00@example.com", "Ada <ada@example.com>", "ada@example.com,bob@example.com", "ädä@example.com",
    f"{'a' * 65}@example.com", f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
]  # fmt: skip
BAD_URLS = ["http://x.example/a.png", "javascript:alert(1)", "//x.example", "https://", "https://x y/", "https://x.example/a\nb",
            'https://x.example/"', "data:image/png;base64,x", f"https://x.example/{'a' * 2000}"]  # fmt: skip
BAD_SLUGS = ["", "ab", "-abc", "abc-", "Abc", "a_b", "a.b", "aé1", "a b", "a" * 65, "ab\nc", "admin", "oauth2", "new"]
BAD_NAMES = ["", "   ", "\u202e", "\x00", "a" * 101]


@pytest.mark.parametrize(
    "rule,text",
    [(fields.email, text) for text in BAD_EMAILS]
    + [(fields.picture, text) for text in BAD_URLS]
    + [(fields.slug, text) for text in BAD_SLUGS]
    + [(fields.name, text) for text in BAD_NAMES]
    + [(fields.role, text) for text in ("", "root", "Owner")],
)
def test_what_is_refused(rule: Callable[[str], str], text: str) -> None:
    """Each rule refuses what cannot be stored, mailed or shown safely, with a sentence."""
    with pytest.raises(Unacceptable, match=r"\.$"):
        rule(text)


@pytest.mark.parametrize("text", ["abc", "acme-coffee", "a1b", "9-9", "a" * 64])
def test_slugs(text: str) -> None:
    """3 to 64 of a-z, 0-9 and inner hyphens."""
    assert fields.slug(text) == text


def test_a_name_loses_what_is_invisible() -> None:
    """Direction marks and runs of blanks do not reach other people's pages."""
    assert fields.name("  Ada \u202e  Lovelace\n") == "Ada Lovelace"


@pytest.mark.parametrize("text", ["", "https://x.example", "https://x.example:8443/a/b.png?c=d"])
def test_pictures(text: str) -> None:
    """An https address or nothing."""
    assert fields.picture(text) == text


def test_every_broken_rule_is_named() -> None:
    """`check` gives the values that are right and a sentence for each field that is not."""
    values, errors = fields.check({"email": "x", "name": "Ada"}, email=fields.email, name=fields.name, slug=fields.slug)
    assert values == {"name": "Ada"}
    assert list(errors) == ["email", "slug"]


@pytest.mark.parametrize(
    "text,known",
    [
        ("5b0c1f0e-8a8e-4f6c-9a55-1f3d2c4b5a69", True),
        ("5B0C1F0E-8A8E-4F6C-9A55-1F3D2C4B5A69", False),
        ("x", False),
        ("\x00", False),
    ],
)
def test_only_user_ids_are_looked_up(text: str, known: bool) -> None:
    """Nothing else reaches the database."""
    assert fields.is_user_id(text) is known


@pytest.mark.parametrize(
    "text,known", [("0123456789a", True), ("0123456789", False), ("0123456789\x00", False), ("0123456789é", False)]
)
def test_only_token_ids_are_looked_up(text: str, known: bool) -> None:
    """Nothing else reaches the database."""
    assert fields.is_token_id(text) is known
