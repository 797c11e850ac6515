"""Parameters of queries and forms, as RFC 6749 §3.1, §3.2 and appendix B read them."""

from urllib.parse import unquote_to_bytes

from polar_server.oauth.errors import InvalidRequest, PayloadTooLarge

MAX_BYTES = 65_536
MAX_PARAMETERS = 100
MAX_NAME = 100

# RFC 8707 §2 lets a client repeat `resource`; we issue for one audience and read none of them.
# The empty name is what stands between two ampersands.
_REPEATABLE = frozenset({"resource", ""})


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of an application/x-www-form-urlencoded body or query.

    A parameter without a value is absent. Raises InvalidRequest when one is
    repeated, is not UTF-8 or contains NUL, PayloadTooLarge beyond MAX_BYTES or MAX_PARAMETERS.
    """
    if len(body) > MAX_BYTES:
        raise PayloadTooLarge(f"The request is longer than {MAX_BYTES} bytes.")
    if body.count(b"&") >= MAX_PARAMETERS:
        raise PayloadTooLarge(f"The request has more than {MAX_PARAMETERS} parameters.")
    parameters: dict[str, str] = {}
    for field in _text(body).split("&"):
        name, _, value = field.partition("=")
        if "%" in field or "+" in field:
            name, value = _decode(name), _decode(value)
        # RFC 6749 §3.1: parameters MUST NOT be included more than once; that holds for empty ones too.
        if name in parameters and name not in _REPEATABLE:
            raise InvalidRequest(f"The parameter {name[:MAX_NAME]} is repeated.")
        parameters[name] = value
    if "" in parameters or not all(parameters.values()):
        return {name: value for name, value in parameters.items() if name and value}
    return parameters


def is_form(content_type: str | None) -> bool:
    """Whether a Content-Type announces application/x-www-form-urlencoded."""
    media_type = (content_type or "").partition(";")[0]
    return media_type.strip().lower() == "application/x-www-form-urlencoded"


def _decode(text: str) -> str:
    text = text.replace("+", " ")
    return _text(unquote_to_bytes(text)) if "%" in text else text


def _text(raw: bytes) -> str:
    # No parameter has a use for NUL, and PostgreSQL stores no text that contains it.
    if b"\0" in raw:
        raise InvalidRequest("The request contains NUL.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The request is not UTF-8.") from error
