"""Scopes in a form: a box for each, in groups, and two buttons that tick all of them or none."""

from collections.abc import Iterable, Mapping

from polar_server.oauth import scopes
from polar_server.oauth.scopes import Access, Scope

PREFIX = "scope-"
"""Before the scope's name in the name of its box: a form may not say one name twice."""
CHOOSE = "choose_scopes"
"""The name of both buttons; their values are `all` and `none`."""


def chosen_in(form: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes that are ticked, as they were sent: a name may be one that nobody offered."""
    return tuple(name.removeprefix(PREFIX) for name in form if name.startswith(PREFIX))


def boxes_of(names: Iterable[str]) -> dict[str, str]:
    """The fields of a form in which these scopes are ticked."""
    return {f"{PREFIX}{name}": "true" for name in names}


def after_choice(form: Mapping[str, str], offered: Iterable[str]) -> dict[str, str] | None:
    """The form as it is to be shown again after one of the two buttons; None when it was sent by another one."""
    if (choice := form.get(CHOOSE)) is None:
        return None
    others = {name: text for name, text in form.items() if name != CHOOSE and not name.startswith(PREFIX)}
    return others | boxes_of(offered if choice == "all" else ())


def groups_of(offered: Iterable[str]) -> dict[Access, list[Scope]]:
    """What the boxes are grouped by; a group may be empty."""
    return scopes.describe(offered)
