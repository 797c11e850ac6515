"""What each kind of token is, in words for whoever finds one."""

from typing import NamedTuple

from polar_server.oauth.tokens import TokenKind


class Words(NamedTuple):
    """`what` goes into a sentence; `opens` is one; `ending` says what ends with it, `next_step` what to do then."""

    what: str
    opens: str
    ending: str = ""
    next_step: str = ""


_GRANT = "Everything that came with it ends: all tokens that the app got by the same approval."
_AGAIN = "Sign in to the app again. If you did not put the token where it was found, tell the app's makers."

WORDS = {
    TokenKind.CLIENT_ID: Words("the id of an app", "It is public, and opens nothing by itself."),
    TokenKind.CLIENT_SECRET: Words(
        "the secret of an app",
        "Whoever has it can pose as the app.",
        "The secret is replaced by one that nobody has, so the app cannot get tokens until it is given a new one.",
        "Make a new secret for the app, and put it only where the app reads it.",
    ),
    TokenKind.REGISTRATION_TOKEN: Words(
        "the registration access token of an app",
        "Whoever has it can change or delete the app's registration.",
        "The app goes on, and its registration cannot be changed with a token any more.",
        "See that the app's redirect addresses are still yours.",
    ),
    TokenKind.AUTHORIZATION_CODE: Words(
        "an authorization code", "An app gets tokens for it, once, within minutes.", _GRANT, _AGAIN
    ),
    TokenKind.USER_ACCESS_TOKEN: Words(
        "an app's access token for a person",
        "Whoever has it can do what the person allowed the app, for about an hour.",
        _GRANT,
        _AGAIN,
    ),
    TokenKind.ORGANIZATION_ACCESS_TOKEN: Words(
        "an app's access token for an organization",
        "Whoever has it can do what was allowed to the app there, for about an hour.",
        _GRANT,
        _AGAIN,
    ),
    TokenKind.USER_REFRESH_TOKEN: Words(
        "an app's refresh token for a person",
        "The app gets new access tokens with it, again and again.",
        _GRANT,
        _AGAIN,
    ),
    TokenKind.ORGANIZATION_REFRESH_TOKEN: Words(
        "an app's refresh token for an organization",
        "The app gets new access tokens with it, again and again.",
        _GRANT,
        _AGAIN,
    ),
    TokenKind.ORGANIZATION_TOKEN: Words(
        "an access token of an organization",
        "Whoever has it can do what it was made for in the organization.",
        "The program that uses it gets no answers any more.",
        "Make another token, and put it only where the program reads it.",
    ),
    TokenKind.SESSION: Words(
        "the cookie of somebody who is signed in",
        "Whoever has it is signed in as that person.",
        "That browser is signed out.",
        "Change your password if you do not know how the cookie came to be where it was found.",
    ),
    TokenKind.MAIL_LINK: Words("the secret of a link that was mailed", "It works once, and ends by itself."),
    TokenKind.CHECKOUT: Words("the address of a checkout", "Whoever has it can pay there; it ends by itself."),
}
"""The words of every kind."""
