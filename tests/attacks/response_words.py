"""Assertion words about a response: its status, headers, cookies, Location, JSON and text."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from tests.attacks.browser import SESSION
from tests.attacks.evidence import Word, of_any, split
from tests.attacks.pages import Page
from tests.attacks.server import ISSUER
from tests.attacks.wire import Response


def error_of(response: Response) -> str | None:
    """The OAuth error code, wherever it stands: in the body, in Location, in the page or in a form that goes back."""
    if isinstance(response.json, dict) and "error" in response.json:
        return str(response.json["error"])
    page = Page(response.text)
    posted = [form.fields["error"] for form in page.forms if "error" in form.fields]
    return next(iter([*_query(response).get("error", []), *posted]), page.error)


def location_code(response: Response) -> str | None:
    """The authorization code that a response carries to the client."""
    return next(iter(_query(response).get("code", [])), None)


def leads_elsewhere(response: Response) -> bool:
    """Whether anything in a response takes a browser to another host than the issuer without a click."""
    return any(_is_elsewhere(destination) for destination in _destinations(response))


def _destinations(response: Response) -> list[str]:
    page = Page(response.text)
    refreshes = [*response.all("Refresh"), *page.refreshes]
    found = [*response.all("Location"), *(re.sub(r"^[^;,]*[;,]\s*(url\s*=\s*)?", "", text) for text in refreshes)]
    found += re.findall(r"location[^=]*=\s*[\"']([^\"']*)", page.inline_script)
    if page.inline_script or page.loads_script:
        found += [form.action for form in page.forms]
    return found


def _is_elsewhere(destination: str) -> bool:
    # WHATWG URL §4.4: spaces around and tabs and newlines within are dropped; a backslash is a slash.
    seen = re.sub(r"[\t\r\n]", "", destination.strip(" \0\t\r\n\f")).replace("\\", "/").strip("'\" ")
    target = urlsplit(urljoin(ISSUER, seen))
    return f"{target.scheme}://{target.netloc}".lower() != ISSUER


def _query(response: Response) -> dict[str, list[str]]:
    return parse_qs(urlsplit(response.location).query, keep_blank_values=True)


def _location_eq(response: Response, argument: str) -> bool:
    name, value = split(argument)
    return _query(response).get(name) == [value]


def _member(response: Response, name: str) -> Any:
    return response.json.get(name) if isinstance(response.json, dict) else None


def _json_eq(response: Response, argument: str) -> bool:
    name, value = split(argument)
    return _is_dict_with(response, name) and _member(response, name) == _literal(value)


def _is_dict_with(response: Response, name: str) -> bool:
    return isinstance(response.json, dict) and name in response.json


def _literal(text: str) -> Any:
    """The value that a word's text stands for: JSON where it is some, the text itself otherwise."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json_prefix(response: Response, argument: str) -> bool:
    name, prefix = split(argument)
    return str(_member(response, name) or "").startswith(prefix)


def _json_list_has(response: Response, argument: str) -> bool:
    name, item = split(argument)
    return item in (_member(response, name) or [])


def _header_has(response: Response, argument: str) -> bool:
    name, part = split(argument)
    return any(part in value for value in response.all(name))


def _header_eq(response: Response, argument: str) -> bool:
    name, value = split(argument)
    return response.all(name) == [value]


def _session_cookies(response: Response) -> list[str]:
    return [line for line in response.all("Set-Cookie") if SESSION.removeprefix("__Host-") in line.partition("=")[0]]


def _cookie_has(response: Response, attribute: str) -> bool:
    # RFC 6265 §5.2: attributes are read whatever their letters' case.
    lines = [line.lower() for line in _session_cookies(response)]
    return any(attribute.lower() in [part.strip() for part in line.split(";")[1:]] for line in lines)


def _keys(response: Response) -> list[dict[str, Any]]:
    return list(_member(response, "keys") or [])


def _jwks_each_has(response: Response, members: str) -> bool:
    return bool(_keys(response)) and all(key.keys() >= set(members.split(",")) for key in _keys(response))


RESPONSE_WORDS: Mapping[str, Word] = {
    name: of_any(word)
    for name, word in {
        "status": lambda response, status: response.status == int(status),
        "off_origin_redirect": lambda response, _: leads_elsewhere(response),
        "location_has": lambda response, name: name in _query(response),
        "location_eq": _location_eq,
        "location_prefix": lambda response, prefix: response.location.startswith(prefix),
        "location_host": lambda response, host: urlsplit(response.location).hostname == host,
        "location_fragment_has": lambda response, name: name in parse_qs(urlsplit(response.location).fragment),
        "json_has": _is_dict_with,
        "json_eq": _json_eq,
        "json_only": lambda response, name: list(response.json) == [name],
        "json_prefix": _json_prefix,
        "json_list_has": _json_list_has,
        "json_scope_has": lambda response, scope: scope in str(_member(response, "scope") or "").split(),
        "jwks_has": lambda response, member: any(member in key for key in _keys(response)),
        "jwks_has_kid": lambda response, kid: any(key["kid"] == kid for key in _keys(response)),
        "jwks_each_has": _jwks_each_has,
        "header_has": _header_has,
        "header_contains": _header_has,
        "header_eq": _header_eq,
        "cookie_has": _cookie_has,
        "cookie_name_prefix": lambda response, prefix: any(c.startswith(prefix) for c in _session_cookies(response)),
        "body_contains": lambda response, text: text in response.text,
        # Nothing in these texts needs escaping, so a page that repeats them repeats them unescaped.
        "body_contains_unescaped": lambda response, text: text in response.text,
    }.items()
}
