"""`polar-server keys`."""

from polar_server.settings import Settings

from .conftest import CommandLine


def test_list_shows_one_active_key_of_each_algorithm(polar: CommandLine) -> None:
    """The first keys are made when they are first needed, and sign at once."""
    keys = polar.json("keys", "list")
    assert [(key["algorithm"], key["state"]) for key in keys] in (
        [("RS256", "active"), ("ES256", "active")],
        [("ES256", "active"), ("RS256", "active")],
    )
    assert set(keys[0]) == {"kid", "algorithm", "state", "created_at", "active_from", "retired_at", "removed_at"}
    assert polar.json("keys", "list") == keys


def test_rotate_publishes_ahead(polar: CommandLine) -> None:
    """The next key is published before it signs; the present one signs on until then."""
    (before,) = (key for key in polar.json("keys", "list") if key["algorithm"] == "ES256")
    (made,) = polar.json("keys", "rotate", "--algorithm", "ES256")
    assert (made["algorithm"], made["state"]) == ("ES256", "pending")
    after = {key["kid"]: key for key in polar.json("keys", "list")}
    assert after[before["kid"]]["state"] == "active"
    assert after[before["kid"]]["retired_at"] == made["active_from"]
    assert len(after) == 3


def test_rotate_at_once(polar: CommandLine) -> None:
    """After a theft, keys are replaced without waiting for anybody's cache."""
    before = {key["kid"] for key in polar.json("keys", "list")}
    made = polar.json("keys", "rotate", key_publish_ahead="0", key_retirement="0")
    after = polar.json("keys", "list")
    assert {key["kid"] for key in after} == {key["kid"] for key in made}
    assert not before & {key["kid"] for key in after}
    assert {key["state"] for key in after} == {"active"}


def test_a_new_server_key_is_one_the_settings_take(fresh: CommandLine) -> None:
    """The printed key is a value for POLAR_SERVER_KEY, and no other one is ever printed again."""
    first, second = fresh("keys", "new-server-key").out.strip(), fresh.json("keys", "new-server-key")["server_key"]
    assert first != second
    assert len(Settings(server_key=first).server_keys()[0]) == 32
