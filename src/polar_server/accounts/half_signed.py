"""A sign-in half done: the password was right, a one-time code is still to come.

Nothing of it is stored. The form for the code carries who it is, sealed under the server key, for ten minutes, and it
opens only in the browser that gave the password.
"""

import json
from dataclasses import dataclass

from polar_server.accounts.people import Person
from polar_server.oauth.server_keys import SealBroken, ServerKeys

LIFETIME = 600
_PURPOSE = "half signed in"


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """Whose password was given, and a digest of its hash: the password must still be the same one."""

    user_id: str
    password: str


def seal(server_keys: ServerKeys, person: Person, binding: str, now: int) -> str:
    """The state for the form. `binding`: see `Pages.binding`."""
    state = [person.id, server_keys.digest(person.password_hash or ""), now + LIFETIME]
    return server_keys.seal(_PURPOSE, json.dumps(state).encode(), _place(binding))


def open_state(server_keys: ServerKeys, text: str, binding: str, now: int) -> HalfSignedIn | None:
    """The state in a form of this browser; None when it is too old, or not ours."""
    try:
        user_id, password, end = json.loads(server_keys.open(_PURPOSE, text, _place(binding)))
    except SealBroken:
        return None
    return HalfSignedIn(user_id, password) if now < end else None


def is_still(server_keys: ServerKeys, half: HalfSignedIn, person: Person | None) -> bool:
    """Whether the person has the same password still and is not disabled."""
    if person is None or person.disabled_at is not None:
        return False
    key_ids = server_keys.key_ids
    return any(server_keys.matches(person.password_hash or "", half.password, key_id) for key_id in key_ids)


def _place(binding: str) -> str:
    return f"sign-in of {binding}"
