"""Cases that are written for another design than ours, and the same attack on ours: one reason each."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.attacks.changes import Change

_COOKIE = {"headers": {"Cookie": "{browser_cookie}"}}


def _each(ids: str, reason: str, **patch: Any) -> dict[str, Change]:
    """The same change for several cases."""
    return {case_id: Change(reason, patch) for case_id in ids.split()}


def _joined(tables: Iterable[Mapping[str, Change]]) -> dict[str, Change]:
    """One table. Raises ValueError for a case that is in two of them."""
    joined: dict[str, Change] = {}
    for table in tables:
        if twice := joined.keys() & table.keys():
            raise ValueError(f"changed twice: {sorted(twice)}")
        joined |= table
    return joined


_API = (
    {
        "RT-030": Change(
            "The choice is ours: a rotation does not end the access token before its hour is over.",
            {"expect": {"status": 200, "must": ["json_has:items"]}},
        ),
        "BR-028": Change(
            "The same in more ways of writing a path, and for customers, which this token may not see either.",
            {
                "then": [
                    {
                        "request": {"method": "GET", "path": path, "headers": {"Authorization": "Bearer {token_read}"}},
                        "expect": {"status": [307, 308, 401, 403, 404], "must_not": ["json_has:items"]},
                    }
                    for path in (
                        *(
                            "/v1/customers/",
                            "/v1/customers",
                            "/v1/customers;x=1/",
                            "/v1/customers//",
                            "/v1//customers/",
                        ),
                        *(
                            "/v1/CUSTOMERS/",
                            "/v1/customers%2f",
                            "/v1/products/../customers/",
                            "/v1/products;/../customers/",
                        ),
                    )
                ],
            },
        ),
        "TN-007": Change(
            "A file has no address of its own that answers GET; that of its download is the one to try.",
            {
                "request": {"path": "/v1/files/{org_b_files_id}/download"},
                "compared_with": {"path": "/v1/files/{nobody_id}/download"},
                "then": [
                    {
                        "request": {
                            "method": "GET",
                            "path": "/v1/files/{org_b_files_id}/download",
                            "headers": {"Authorization": "Bearer {org_b_token}"},
                        },
                        "expect": {"status": 200, "must": ["json_has:url"]},
                    }
                ],
            },
        ),
        "TN-027": Change(
            "Members may write products here; what they may not is decide where events go, or hand out files.",
            {
                "request": {
                    "path": "/v1/webhooks/endpoints",
                    "json": {"url": "https://{receiver}/ok", "format": "raw", "events": [], "name": None},
                },
                "then": [
                    {
                        "request": {
                            "like": "announce_file",
                            "headers": {"Authorization": "Bearer {user_token}"},
                            "json": {"organization_id": "{org_a}"},
                        },
                        "expect": {"status": 403, "must_not": ["json_has:id"]},
                    }
                ],
            },
        ),
        "TN-028": Change(
            "Nothing deletes an organization here. The nearest end of one is that nobody is left behind it.",
            {"expect": {"status": 401}},
        ),
        "HD-008": Change(
            "The server has no switch for faults. A row that no code of ours writes is one, for JSON and for pages.",
            {
                "request": {
                    "path": "/v1/oauth2/register/{client_id}",
                    "headers": {"Authorization": "Bearer {registration_access_token}", "X-Test-Fault": None},
                },
                "then": [
                    {
                        "request": {"like": "authorize"},
                        "expect": {
                            "status": [500, 503],
                            "must_not": ["body_contains:Traceback", 'body_contains:File "', "body_contains:JSONDecode"],
                        },
                    }
                ],
            },
        ),
    },
)

_CONSENT = (
    _each(
        "UI-001 UI-003 UI-004 UI-008",
        "Nothing is stored before approval, so there is no consent id: the form posts to the request's own query.",
        request={"form": {"consent_id": None}},
    ),
    {
        "UI-006": Change(
            "There is no consent id: the form posts to the request's own query.",
            {"request": {"params": {"consent_id": None}}},
        ),
        "UI-009": Change(
            "There is no consent id; the request travels in the form's query, so that is tampered with as well.",
            {
                "request": {"form": {"consent_id": None}},
                "expect": {"status": [302, 303], "must": ["location_has:code"]},
                "then": [
                    {
                        "request": {"like": "redeem"},
                        "expect": {
                            "status": 200,
                            "must": ["token_scope_has:products:read"],
                            "must_not": ["token_scope_has:products:write", "token_scope_has:orders:write"],
                        },
                    },
                    {
                        "request": {
                            "method": "POST",
                            "path": "{consent_path}0orders:write",
                            "headers": {"Cookie": "{session_cookie}"},
                            "form": {"action": "allow", "csrf": "{csrf}"},
                        },
                        "expect": {"status": 403, "must_not": ["location_has:code"]},
                    },
                ],
            },
        ),
        "UI-010": Change(
            "There is no consent id; the request travels in the form's query, so that is tampered with as well.",
            {
                "request": {"form": {"consent_id": None}},
                "expect": {"status": [302, 303], "must": ["location_host:app.example"]},
                "then": [
                    {
                        "request": {
                            "method": "POST",
                            "path": "{consent_path}",
                            "params": {"redirect_uri": "https://evil.example/cb"},
                            "headers": {"Cookie": "{session_cookie}"},
                            "form": {"action": "allow", "csrf": "{csrf}"},
                        },
                        "expect": {"status": 403, "must_not": ["off_origin_redirect"]},
                    }
                ],
            },
        ),
    },
)

_SIGN_IN = (
    _each(
        "UI-025 UI-031 UI-032 UI-033 UI-035 UI-036",
        "Forms before sign-in are bound to a cookie of the browser.",
        request=_COOKIE,
    ),
    {
        case_id: Change(
            "The form's token covers its address: a victim opens the attacker's link and sends the form that is there.",
            {
                "opens": {"by": "visitor", "path": "/sign-in", "params": {"return_to": return_to}},
                "request": {"path": "{form_action}", "params": None, **_COOKIE},
                "expect": {"status": [302, 303]},
            },
        )
        for case_id, return_to in {
            "AZ-054": "//evil.example/x",
            "AZ-055": "/\\evil.example/x",
            "AZ-057": "/\t/evil.example",
            "AZ-060": "/%2f%2fevil.example",
        }.items()
    },
    {
        "UI-038": Change(
            "Opening a mailed link uses nothing up, because mail scanners open it too; only its form does, by POST.",
            {
                "request": {
                    "method": "POST",
                    "path": "{mail_link}",
                    "form": {"csrf": "{csrf}", "token": "{mail_link_token}"},
                    **_COOKIE,
                },
                "expect": {"status": [303, 410], "must": ["status_count:303=1"], "must_not": []},
            },
        ),
    },
)

ADAPTATIONS = _joined([*_API, *_CONSENT, *_SIGN_IN])
"""Case id -> what is changed and why."""
