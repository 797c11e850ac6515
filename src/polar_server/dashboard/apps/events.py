"""What happened to an app, in words for whoever develops it."""

from collections.abc import Iterable

from polar_server.audit.client_events import ClientEvent

EVENTS = {
    "authorize.shown": ("asked", "Somebody was asked whether they allow the app"),
    "authorize.approved": ("allowed", "Somebody allowed the app"),
    "authorize.refused": ("refused", "A sign-in was refused"),
    "token.refused": ("refused", "A token request was refused"),
    "token.issued": ("exchanged", "A code was exchanged for tokens"),
    "token.refreshed": ("exchanged", "Tokens were refreshed"),
    "introspect.refused": ("refused", "A question about a token was refused"),
    "revoke.refused": ("refused", "A revocation was refused"),
}
"""What is noted -> what kind of thing it is, and how it reads."""
KINDS = ("asked", "allowed", "exchanged", "refused")
BADGES = {"allowed": "good", "exchanged": "good", "refused": "bad", "asked": ""}
_ORDER = list(EVENTS)


def in_order(found: Iterable[ClientEvent]) -> list[ClientEvent]:
    """The newest first; what is of the same second, in the order in which a sign-in goes on."""
    return sorted(found, key=lambda event: (event.at, _place(event)), reverse=True)


def kind_of(event: ClientEvent) -> str:
    """One of KINDS."""
    return EVENTS.get(event.event, ("refused", ""))[0]


def sentence_of(event: ClientEvent) -> str:
    """How it reads; what nobody wrote a sentence for is called by its name."""
    return EVENTS.get(event.event, ("", event.event))[1]


def address_of(event: ClientEvent) -> str:
    """Where a program of the developer's called from; the addresses of people are their own affair."""
    return "" if event.event.startswith("authorize.") else event.address


def _place(event: ClientEvent) -> int:
    return _ORDER.index(event.event) if event.event in EVENTS else len(_ORDER)
