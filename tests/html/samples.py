"""Values for every page template: the fewest that it can be given, and the most and longest."""

from dataclasses import replace
from types import SimpleNamespace as Thing
from typing import Any

from markupsafe import Markup

from polar_server.accounts.passkeys.keys import Passkey
from polar_server.authorization_server.found_token_words import WORDS
from polar_server.authorization_server.found_tokens import Description, Found, State
from polar_server.oauth import scopes
from polar_server.oauth.tokens import TokenKind

NOW = 1_767_225_600
QUERY = "client_id=polar_ci_1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid%20products%3Aread&state=a%27b"
LONG_EMAIL = (
    "a-very-long-local-part-that-somebody-really-uses-at-work@departments.subsidiary.holding-company.example.com"
)
LONG_NAME = (
    "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh Internationale Handelsgesellschaft mbH und Compagnie KG"
)
RTL_NAME = "شركة النجمة القطبية"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def _checked(state: State, kind: TokenKind, name: str | None = None) -> dict[str, Any]:
    """What the page "Check a token" shows; with a name, of a token that is the person's own."""
    found = Found(kind, "00000000000", "g1", "u1", "o1" if name else None, name, None, name, NOW, True)
    seen = Description(state, kind, f"{kind}00000000000")
    if name:
        seen = replace(seen, name=name, is_own=True, organization_name=name, expires_at=NOW, found=found)
    return {"description": seen, "words": WORDS[kind]}


def user(**values: Any) -> Thing:
    known = {"id": "u1", "email": "ada@example.com", "name": "Ada Lovelace", "picture": None, "email_verified": True}
    return Thing(**{**known, **values})


def session(**values: Any) -> Thing:
    return Thing(id="s1", user=user(**values), authenticated_at=NOW)


def client(**values: Any) -> Thing:
    known = {
        "client_id": "polar_ci_1",
        "name": "Harbour Analytics",
        "logo_uri": None,
        "client_uri": None,
        "policy_uri": None,
        "tos_uri": None,
        "is_anonymous": False,
    }
    return Thing(**{**known, **values})


def full_client(**values: Any) -> Thing:
    known = {
        "name": LONG_NAME,
        "logo_uri": "https://app.example/logo.png",
        "client_uri": "https://harbour.example/",
        "policy_uri": "https://harbour.example/privacy",
        "tos_uri": "https://harbour.example/terms",
        "is_anonymous": True,
    }
    return client(**{**known, **values})


def organization(number: int = 1, **values: Any) -> Thing:
    known = {
        "id": f"o{number}",
        "organization_id": f"o{number}",
        "slug": "northwind",
        "name": "Northwind Coffee",
        "avatar_url": None,
        "is_test": False,
        "role": "owner",
    }
    return Thing(**{**known, **values})


ORGANIZATIONS = [
    organization(),
    organization(2, slug="polar-star-trading", name=RTL_NAME, role="admin"),
    organization(3, slug="northwind-test", name="Northwind Test", is_test=True, role="member"),
    organization(
        4, slug="x" * 60, name=LONG_NAME, avatar_url="https://app.example/logo.png", is_test=True, role="member"
    ),
]


def _inside(one: Thing, role: str) -> dict[str, Any]:
    """What the frame of a page within an organization shows."""
    return {"organization": Thing(**{**vars(one), "role": role}), "memberships": ORGANIZATIONS}


SOME_SCOPES = scopes.describe(("openid", "profile", "email", "products:read", "orders:read", "products:write"))
ALL_SCOPES = scopes.describe(scopes.NAMES)
NO_SCOPES = scopes.describe(())


def _member(number: int, **values: Any) -> Thing:
    known = {
        "user_id": f"u{number}",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "picture": None,
        "role": "owner",
        "created_at": NOW,
    }
    return Thing(**{**known, **values})


_MEMBERS = [
    _member(1),
    _member(2, name="", email="grace@example.com", role="admin"),
    _member(3, name=LONG_NAME, email=LONG_EMAIL, role="member"),
    _member(4, name=RTL_NAME, email="layla@example.com", role="member", picture="https://app.example/p.png"),
]
_INVITATIONS = [
    Thing(
        id="i1", email=LONG_EMAIL, role="member", invited_by="Ada Lovelace", created_at=NOW, expires_at=NOW + 604_800
    ),
    Thing(id="i2", email="b@example.com", role="admin", invited_by=RTL_NAME, created_at=NOW, expires_at=NOW + 604_800),
]
_SESSIONS = [
    Thing(id="s1", user_agent=FIREFOX, address="192.0.2.17", created_at=NOW - 90_000, last_seen_at=NOW, methods="hwk"),
    Thing(
        id="s2",
        user_agent=SAFARI,
        address="2001:db8:85a3::8a2e:370:7334",
        created_at=NOW - 900_000,
        last_seen_at=NOW,
        methods="pwd otp",
    ),
]
_APPS = [
    Thing(id="a1", client=client(), organization=None, scopes=SOME_SCOPES, created_at=NOW, last_used_at=None),
    Thing(
        id="a2",
        client=full_client(),
        organization=ORGANIZATIONS[2],
        scopes=ALL_SCOPES,
        created_at=NOW,
        last_used_at=NOW,
    ),
]
_CONSENT: dict[str, Any] = {
    "session": session(),
    "client": client(),
    "query": QUERY,
    "scopes": SOME_SCOPES,
    "sub_type": "user",
    "organizations": [],
    "selected_organization_id": None,
    "redirect_uri": "https://app.example/cb",
    "lifetime": 3600,
    "switch_account_url": "/sign-in?return_to=%2Foauth2%2Fauthorize",
}
_WRONG = "That email and password do not match. Check both and try again."
_INVITED = {
    "token": "polar_ml_1",
    "organization": ORGANIZATIONS[0],
    "role": "admin",
    "email": "ada@example.com",
    "inviter": "Grace Hopper",
    "wrong_account": False,
    "unverified": False,
}

_PASSKEYS = [
    Passkey("k1", "u1", "AAAA", "AAAA", 0, LONG_NAME, True, NOW, NOW),
    Passkey("k2", "u1", "BBBB", "BBBB", 3, RTL_NAME, False, NOW, None),
]
_WAYS: dict[str, Any] = {"password": True, "passkeys": _PASSKEYS, "codes": True, "recovery_codes": 3}


def _options(binding: str) -> str:
    return f'{{"challenge": "{len(binding)}"}}'


PAGES: dict[str, list[dict[str, Any]]] = {
    "accounts/sign_in.html": [
        {"client": None, "return_to": None, "email": "", "registration": False, "passkey": _options},
        {
            "client": full_client(),
            "return_to": f"/oauth2/authorize?{QUERY}",
            "email": LONG_EMAIL,
            "registration": True,
            "passkey": _options,
            "errors": {"form": _WRONG, "email": "No.", "password": "No."},
        },
        {
            "client": client(),
            "return_to": "/x",
            "email": "",
            "registration": True,
            "passkey": _options,
            "done": "signed_out",
        },
    ],
    "accounts/sign_up.html": [
        {"client": None, "return_to": None, "email": ""},
        {
            "client": full_client(),
            "return_to": f"/oauth2/authorize?{QUERY}",
            "email": "ada@",
            "errors": {"form": "Too many accounts.", "email": "Enter an email address like ada@example.com."},
        },
    ],
    "accounts/sign_up_sent.html": [
        {"email": "ada@example.com", "lifetime": 3600, "return_to": None},
        {"email": LONG_EMAIL, "lifetime": 1800, "return_to": "/x"},
    ],
    "accounts/finish_sign_up.html": [
        {"token": "polar_ml_1", "email": "ada@example.com", "name": ""},
        {
            "token": "polar_ml_1",
            "email": LONG_EMAIL,
            "name": RTL_NAME,
            "errors": {
                "name": "Enter a name.",
                "password": "Many people use this password, so it is guessed first. Choose another one.",
            },
        },
    ],
    "accounts/forgot_password.html": [
        {"email": "", "return_to": None},
        {
            "email": "ada@",
            "return_to": "/x",
            "errors": {"form": "No.", "email": "Enter an email address like ada@example.com."},
        },
    ],
    "accounts/forgot_password_sent.html": [
        {"email": "ada@example.com", "lifetime": 3600, "return_to": None},
        {"email": LONG_EMAIL, "lifetime": 1800, "return_to": "/x"},
    ],
    "accounts/reset_password.html": [
        {"token": "polar_ml_1", "email": "ada@example.com"},
        {
            "token": "polar_ml_1",
            "email": LONG_EMAIL,
            "errors": {"form": "No.", "password": "Use at least 8 characters."},
        },
    ],
    "accounts/verify_email.html": [
        {"token": "polar_ml_1", "email": "ada@example.com"},
        {"token": "polar_ml_1", "email": LONG_EMAIL},
    ],
    "accounts/link_expired.html": [
        {"purpose": "sign_up"},
        {"purpose": "verify_email"},
        {"purpose": "reset_password"},
        {"purpose": "change_email"},
        {"purpose": "invitation"},
    ],
    "accounts/invitation.html": [
        _INVITED,
        {**_INVITED, "session": session()},
        {**_INVITED, "session": session(email_verified=False), "unverified": True},
        {
            **_INVITED,
            "session": session(email="else@example.com"),
            "organization": ORGANIZATIONS[3],
            "wrong_account": True,
        },
    ],
    "accounts/too_many_tries.html": [
        {"retry_after": 1, "return_to": None},
        {"retry_after": 800, "return_to": "/account"},
    ],
    "accounts/account.html": [
        {"session": session(), "form": {}},
        {
            "session": session(
                name=LONG_NAME, email=LONG_EMAIL, picture="https://app.example/p.png", email_verified=False
            ),
            "form": {"name": RTL_NAME, "picture": "http://"},
            "done": "saved",
            "errors": {"name": "No.", "picture": "No."},
        },
    ],
    "accounts/security.html": [
        {
            "session": session(),
            "ways": _WAYS | {"passkeys": [], "codes": False, "recovery_codes": 0},
            "sessions": _SESSIONS[:1],
            "current_session_id": "s1",
            "form_key": "k:00",
        },
        {
            "session": session(name=LONG_NAME, email=LONG_EMAIL),
            "ways": _WAYS,
            "sessions": _SESSIONS,
            "current_session_id": "s1",
            "form_key": "k:00",
            "done": "saved",
            "errors": {"current_password": "This is not your password.", "password": "No.", "name-k1": "Enter a name."},
        },
        {
            "session": session(),
            "ways": _WAYS | {"password": False, "codes": False},
            "sessions": _SESSIONS,
            "current_session_id": "s1",
            "form_key": "k:00",
            "errors": {"form": "Nothing else would open your account."},
        },
    ],
    "accounts/data.html": [{"session": session()}, {"session": session(), "done": "confirmed"}],
    "accounts/delete.html": [
        {"session": session(), "ownerless": [], "organizations": []},
        {
            "session": session(email=LONG_EMAIL),
            "ownerless": [],
            "organizations": ORGANIZATIONS,
            "errors": {"email": "No."},
        },
        {"session": session(), "ownerless": ORGANIZATIONS, "organizations": ORGANIZATIONS},
    ],
    "accounts/change_email.html": [
        {"session": session(), "email": ""},
        {"session": session(email=LONG_EMAIL), "email": "ada@", "errors": {"email": "This is your address already."}},
    ],
    "accounts/change_email_sent.html": [{"session": session(), "email": LONG_EMAIL, "lifetime": 3600}],
    "accounts/confirm_email.html": [
        {"session": session(), "token": "polar_ml_1", "email": "new@example.com"},
        {"session": session(email=LONG_EMAIL), "token": "polar_ml_1", "email": LONG_EMAIL, "errors": {"form": "No."}},
    ],
    "accounts/confirm.html": [
        {"session": session(), "ways": _WAYS | {"passkeys": [], "codes": False}, "onward": "", "passkey": _options},
        {
            "session": session(email=LONG_EMAIL),
            "ways": _WAYS,
            "onward": "?return_to=%2Faccount%2Femail",
            "passkey": _options,
            "errors": {"form": "No.", "password": "No.", "code": "No."},
        },
        {"session": session(), "ways": _WAYS | {"password": False}, "onward": "", "passkey": _options},
    ],
    "accounts/new_passkey.html": [
        {"session": session(), "passkey": _options, "name": "Firefox on Linux"},
        {"session": session(), "passkey": _options, "name": RTL_NAME, "errors": {"form": "No.", "name": "No."}},
    ],
    "accounts/codes.html": [
        {"session": session(), "setup": "k:00", "picture": Markup("<svg></svg>"), "secret": "AAAA BBBB"},
        {
            "session": session(),
            "setup": "k:00",
            "picture": Markup("<svg></svg>"),
            "secret": "AAAA BBBB",
            "errors": {"code": "This code is not right."},
        },
    ],
    "accounts/recovery_codes.html": [
        {"session": session(), "codes": ["abcd-efgh-jkmn"], "is_new": True},
        {"session": session(), "codes": ["abcd-efgh-jkmn"] * 10, "is_new": False},
    ],
    "accounts/sign_in_code.html": [
        {"client": None, "return_to": None, "state": "k:00"},
        {
            "client": full_client(),
            "return_to": f"/oauth2/authorize?{QUERY}",
            "state": "k:00",
            "errors": {"code": "This code is not right."},
        },
    ],
    "authorization_server/check_token.html": [
        {"session": session(), "description": None, "words": None, "reference": None, "done": None},
        {
            "session": session(),
            **_checked(State.ALIVE, TokenKind.ORGANIZATION_TOKEN, RTL_NAME),
            "reference": "k:00",
            "done": "not_ended",
            "errors": {"token": "Paste a token."},
        },
        *(
            {"session": session(), **_checked(state, TokenKind.SESSION), "reference": None, "done": "ended"}
            for state in State
        ),
    ],
    "accounts/organizations.html": [
        {"session": session(), "organizations": [], "form": {}},
        {
            "session": session(),
            "organizations": ORGANIZATIONS,
            "form": {"name": RTL_NAME, "slug": "Admin", "is_test": "true", "test_name": RTL_NAME},
            "errors": {"name": "No.", "slug": "This address is reserved. Choose another one.", "test_name": "No."},
            "done": "left",
        },
    ],
    "accounts/members.html": [
        {
            "session": session(),
            **_inside(ORGANIZATIONS[0], "member"),
            "members": _MEMBERS[:2],
            "invitations": [],
            "invite": {},
        },
        {
            "session": session(),
            **_inside(ORGANIZATIONS[3], "owner"),
            "members": _MEMBERS,
            "invitations": _INVITATIONS,
            "invite": {"email": "x@", "role": "admin"},
            "done": "joined",
            "errors": {"email": "Enter an email address like ada@example.com."},
        },
        {
            "session": session(id="u2"),
            **_inside(ORGANIZATIONS[0], "admin"),
            "members": _MEMBERS,
            "invitations": [],
            "invite": {},
            "errors": {"form": "An organization needs an owner. Make somebody else owner first."},
        },
    ],
    "authorization_server/consent.html": [
        {**_CONSENT, "scopes": scopes.describe(("openid",))},
        {**_CONSENT, "client": full_client(name="Harbour Analytics"), "lifetime": None},
        {
            **_CONSENT,
            "session": session(name=LONG_NAME, email=LONG_EMAIL),
            "client": full_client(),
            "scopes": ALL_SCOPES,
            "sub_type": "organization",
            "organizations": ORGANIZATIONS,
            "redirect_uri": "com.example.app:/callback",
            "errors": {"form": "This took too long.", "organization_id": "Choose an organization."},
        },
        {
            **_CONSENT,
            "client": client(client_uri="https://harbour.example"),
            "sub_type": "organization",
            "organizations": ORGANIZATIONS[:3],
            "selected_organization_id": "o1",
            "lifetime": None,
        },
        {**_CONSENT, "sub_type": "organization", "redirect_uri": "http://127.0.0.1:51004/cb", "scopes": NO_SCOPES},
    ],
    "authorization_server/select_account.html": [
        {"session": session(), "client": client(), "query": QUERY, "switch_account_url": "/sign-in"},
        {
            "session": session(name=LONG_NAME, email=LONG_EMAIL),
            "client": full_client(),
            "query": QUERY,
            "switch_account_url": "/sign-in",
        },
    ],
    "authorization_server/form_post.html": [
        {"client": client(), "redirect_uri": "https://app.example/cb", "parameters": {"code": "c", "state": "<x>"}},
        {"client": full_client(), "redirect_uri": "https://app.example/cb?a=b&c=d", "parameters": {}},
        {"client": None, "redirect_uri": "https://app.example/cb", "parameters": {"code": "c"}},
    ],
    "authorization_server/error.html": [
        {"error": "invalid_request", "description": "The client_id is missing.", "fix": "", "request_id": None},
        {
            "error": "invalid_request",
            "description": "The redirect URI https://app.example/callback is not registered for this client.",
            "fix": "Register exactly this redirect URI for the client, or send one of the registered ones. "
            "They are compared letter by letter, with their port and their last slash.",
            "request_id": "01JZ7Q4N9V",
        },
    ],
    "authorization_server/connected_apps.html": [
        {"session": session(), "apps": []},
        {"session": session(), "apps": _APPS, "done": "ended"},
    ],
    "html/home.html": [{"issuer": "http://localhost:8000"}, {"issuer": "https://id.example.com", "session": session()}],
    "html/error.html": [
        {"code": 404, "message": None, "request_id": None},
        {"code": 403, "message": None, "request_id": None},
        {"code": 500, "message": None, "request_id": "01JZ7Q4N9V"},
        {"code": 429, "message": "Twenty mails were sent. Try again in an hour.", "request_id": "01JZ7Q4N9V"},
        {"code": 418, "message": None, "request_id": None},
    ],
}
MAILS: dict[str, list[dict[str, Any]]] = {
    "authorization_server/mail/token_found.txt": [
        {
            "name": "Ada",
            "words": WORDS[TokenKind.SESSION],
            "shown": "polar_us_00000000000",
            "app": None,
            "organization": None,
            "place": None,
            "at": NOW,
            "link": "http://x/account",
        },
        {
            "name": RTL_NAME,
            "words": WORDS[TokenKind.ORGANIZATION_TOKEN],
            "shown": "polar_oat_00000000000",
            "app": "Nightly export",
            "organization": LONG_NAME,
            "place": "https://git.example/commit/1",
            "at": NOW,
            "link": "http://x/account",
        },
    ],
    "accounts/mail/verify_email.txt": [
        {"name": "", "link": "http://x/y?token=1", "lifetime": 86_400},
        {"name": LONG_NAME, "link": "http://x/y?token=1&a=b", "lifetime": 3_600},
    ],
    "accounts/mail/sign_up.txt": [{"link": "http://x/y?token=1", "lifetime": 86_400}],
    "accounts/mail/account_exists.txt": [{"name": "Ada", "link": "http://x/y?token=1", "lifetime": 3_600}],
    "accounts/mail/no_account.txt": [{"link": "http://x/y?token=1", "lifetime": 3_600}],
    "accounts/mail/reset_password.txt": [{"name": RTL_NAME, "link": "http://x/y?token=1", "lifetime": 3_600}],
    "accounts/mail/password_changed.txt": [{"name": "Ada", "at": NOW, "link": "http://x/forgot-password"}],
    "accounts/mail/change_email.txt": [{"name": RTL_NAME, "link": "http://x/y?token=1", "lifetime": 3_600}],
    "accounts/mail/change_email_taken.txt": [{"name": "Ada"}],
    "accounts/mail/email_change_asked.txt": [{"name": "Ada", "email": LONG_EMAIL, "link": "http://x/forgot-password"}],
    "accounts/mail/email_changed.txt": [{"name": "Ada", "email": LONG_EMAIL, "at": NOW}],
    "accounts/mail/second_factor_reset.txt": [
        {"name": LONG_NAME, "passkeys": 2, "codes": True, "has_password": True, "at": NOW},
        {"name": "Ada", "passkeys": 1, "codes": False, "has_password": False, "at": NOW},
        {"name": "Ada", "passkeys": 0, "codes": True, "has_password": True, "at": NOW},
    ],
    "accounts/mail/security_changed.txt": [
        {
            "name": LONG_NAME,
            "change": "The passkey “x\r\nBcc: everybody@example.com” was added.",
            "at": NOW,
            "link": "http://x/forgot-password",
            "security": "http://x/account/security",
        }
    ],
    "accounts/mail/account_deleted.txt": [{"name": "Ada", "at": NOW}],
    "accounts/mail/organization_deleted.txt": [
        {"name": LONG_NAME, "organization": RTL_NAME, "slug": "northwind", "by": LONG_EMAIL, "at": NOW},
        {"name": "", "organization": "A\r\nBcc: everybody@example.com", "slug": "a", "by": None, "at": NOW},
    ],
    "accounts/mail/invitation.txt": [
        {
            "organization": "Northwind\r\nBcc: everybody@example.com",
            "inviter": LONG_NAME,
            "role": "member",
            "link": "http://x/invitations?token=1",
            "lifetime": 604_800,
        }
    ],
}
