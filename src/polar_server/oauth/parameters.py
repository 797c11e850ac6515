"""Parameters of queries and forms, as RFC 6749 §3.1, §3.2 and appendix B read them."""

from urllib.parse import unquote_to_bytes

from .errors import InvalidRequest, PayloadTooLarge

MAX_BYTES = 65_536
MAX_PARAMETERS = 100
MAX_NAME = 100

# RFC 8707 §2 lets a client repeat `resource`; we issue for one audience and read none of them.
_REPEATABLE = frozenset({"resource"})


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of an application/x-www-form-urlencoded body or query.

    A parameter without a value is absent. Raises InvalidRequest when one is
    repeated or is not UTF-8, PayloadTooLarge beyond MAX_BYTES or MAX_PARAMETERS.
    """
    if len(body) > MAX_BYTES:
        raise PayloadTooLarge(f"The request is longer than {MAX_BYTES} bytes.")
    fields = _text(body).split("&")
    if len(fields) > MAX_PARAMETERS:
        raise PayloadTooLarge(f"The request has more than {MAX_PARAMETERS} parameters.")
    parameters: dict[str, str] = {}
    seen: set[str] = set()
    for field in fields:
        name, _, value = field.partition("=")
        _keep(parameters, seen, _decode(name), value)
    return parameters


def _keep(parameters: dict[str, str], seen: set[str], name: str, value: str) -> None:
    # RFC 6749 §3.1: parameters MUST NOT be included more than once; that holds for empty ones too.
    if name in seen and name not in _REPEATABLE:
        raise InvalidRequest(f"The parameter {name[:MAX_NAME]} is repeated.")
    if name:
        seen.add(name)
    if name and value:
        parameters[name] = _decode(value)


def is_form(content_type: str | None) -> bool:
    """Whether a Content-Type announces application/x-www-form-urlencoded."""
    return content_type is not None and content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return _text(unquote_to_bytes(text)) if "%" in text else text


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The request is not UTF-8.") from error
