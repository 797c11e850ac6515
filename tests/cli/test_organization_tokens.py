"""`polar-server organization token`."""

from .conftest import CommandLine


def test_a_token_is_made_listed_and_ended(polar: CommandLine) -> None:
    """The token is printed once; the list tells the rest, and after `revoke` that it is dead."""
    person = ("--email", "ada@example.com", "--password", "eight quiet rivers")
    polar.json("user", "create", *person)
    polar.json("organization", "create", "--slug", "acme", "--name", "Acme", "--owner", "ada@example.com")
    assert polar.json("organization", "token", "list", "acme") == []
    options = ("acme", "--name", "Export", "--maker", "ada@example.com", "--scope", "orders:read", "--days", "none")
    made = polar.json("organization", "token", "create", *options)
    token = made.pop("token")
    assert token.startswith(made["id"])
    assert polar.json("organization", "token", "list", "acme") == [made]
    assert (made["is_alive"], made["expires_at"], made["scope"]) == (True, None, "orders:read")
    assert token not in polar("organization", "token", "list", "acme").out
    ended = polar.json("organization", "token", "revoke", "acme", made["id"])
    assert (ended["is_alive"], ended["revoked_at"] is not None) == (False, True)
    assert polar.json("organization", "token", "list", "acme") == [ended]


def test_refusals_say_why(polar: CommandLine) -> None:
    """An unknown organization, a maker without the right, a scope of people, and a token that is none."""
    for email in ("ada@example.com", "bob@example.com"):
        polar.json("user", "create", "--email", email, "--password", "eight quiet rivers")
    polar.json("organization", "create", "--slug", "acme", "--name", "Acme", "--owner", "ada@example.com")
    create = ("organization", "token", "create", "acme", "--name", "Export", "--maker")
    for arguments, reason in (
        (("organization", "token", "list", "nobody"), "No organization is called nobody."),
        ((*create, "bob@example.com"), "bob@example.com is no owner or admin of acme."),
        ((*create, "ada@example.com", "--scope", "openid"), "openid is no scope of an organization."),
        (("organization", "token", "revoke", "acme", "polar_oat_00000000000"), "no such token"),
    ):
        outcome = polar(*arguments)
        assert (outcome.exit_code, reason in outcome.err) == (1, True), outcome.err
