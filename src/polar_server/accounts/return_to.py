"""Where the browser goes after sign-in: a path of ours and nothing else (RFC 9700 §4.11)."""

from urllib.parse import quote, unquote

DEFAULT = "/account"
_LONGEST = 8000


def safe_return_to(value: str | None, default: str = DEFAULT) -> str:
    """The value when it is a path of this server, the default otherwise.

    Browsers drop tabs and newlines, read a backslash as a slash, and take `//host` for another
    server, so a path starts with one slash, also after decoding, and holds visible ASCII only.
    """
    if not value or len(value) > _LONGEST or not all("!" <= character <= "~" for character in value):
        return default
    path = unquote(value.partition("?")[0].partition("#")[0])
    return value if _is_path(value) and _is_path(path) else default


def sign_in_path(return_to: str, path: str = "/sign-in") -> str:
    """The sign-in page that leads to `return_to` afterwards."""
    return path if return_to == DEFAULT else f"{path}?return_to={quote(return_to, safe='')}"


def _is_path(text: str) -> bool:
    if not text.startswith("/") or text[1:2] in ("/", "\\"):
        return False
    return all(character >= " " and character != "\x7f" for character in text)
