"""The refusals that every operation shares, as OpenAPI describes them."""

from typing import Any

Json = dict[str, Any]

_TEXT = {"type": "string"}
SCHEMAS: dict[str, Json] = {
    "Refusal": {
        "title": "Refusal",
        "description": "The name of the error and a sentence.",
        "type": "object",
        "properties": {"error": _TEXT, "detail": _TEXT},
        "required": ["error", "detail"],
    },
    "OAuthRefusal": {
        "title": "OAuthRefusal",
        "description": "A registered error code of OAuth 2.0 and a sentence.",
        "type": "object",
        "properties": {"error": _TEXT, "error_description": _TEXT, "detail": _TEXT},
        "required": ["error"],
    },
    "Issue": {
        "title": "Issue",
        "description": "One thing wrong with a request: `loc` leads to it.",
        "type": "object",
        "properties": {
            "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
            "msg": _TEXT,
            "type": _TEXT,
            "input": {},
        },
        "required": ["loc", "msg", "type"],
    },
    "RequestValidationError": {
        "title": "RequestValidationError",
        "description": "Everything that is wrong with a request.",
        "type": "object",
        "properties": {
            "error": {"enum": ["RequestValidationError"]},
            "detail": {"type": "array", "items": {"$ref": "#/components/schemas/Issue"}, "minItems": 1},
        },
        "required": ["error", "detail"],
    },
    "NoSuchPlace": {
        "title": "NoSuchPlace",
        "description": "There is nothing at this address, or not in this version of the API.",
        "type": "object",
        "properties": {"detail": _TEXT},
        "required": ["detail"],
    },
}


def _refusal(description: str, *names: str, example: Json | None = None, **headers: str) -> Json:
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    content: Json = {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}
    if example is not None:
        content["example"] = example
    found: Json = {"description": description, "content": {"application/json": content}}
    if headers:
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers.values()}
    return found


_MISSING = {"error": "ResourceNotFound", "detail": "Not found"}
_WRONG = {
    "error": "RequestValidationError",
    "detail": [{"loc": ["body", "name"], "msg": "This field is missing.", "type": "missing", "input": None}],
}

REFUSALS: dict[str, Json] = {
    "400": _refusal("The request cannot be read, or cannot be done now.", "Refusal", "OAuthRefusal", "NoSuchPlace"),
    "401": _refusal(
        "There is no access token, or it is invalid, expired or revoked.",
        *("Refusal", "OAuthRefusal"),
        example={"error": "invalid_token", "error_description": "The access token is invalid, expired or revoked."},
        challenge="WWW-Authenticate",
    ),
    "402": _refusal("A payment is needed first.", "Refusal"),
    "403": _refusal(
        "The token lacks the scope, or the person's role in the organization does not allow this.",
        *("OAuthRefusal", "Refusal"),
        example={
            "error": "NotPermitted",
            "detail": "Your role in this organization, member, does not allow webhooks:write.",
        },
        challenge="WWW-Authenticate",
    ),
    "404": _refusal(
        "There is no such thing, or it belongs to somebody else.", "Refusal", "NoSuchPlace", example=_MISSING
    ),
    "409": _refusal("It does not go together with what there is.", "Refusal"),
    "410": _refusal("It is over: expired or used.", "Refusal"),
    "412": _refusal("It is not in the state that this needs.", "Refusal"),
    "413": _refusal("The body is longer than this server reads.", "Refusal"),
    "422": _refusal(
        "Something in the request is wrong; every issue names its place.", "RequestValidationError", example=_WRONG
    ),
    "422-named": _refusal(
        "Something in the request is wrong, or something is missing that this needs.",
        *("RequestValidationError", "Refusal"),
        example=_WRONG,
    ),
    "429": _refusal(
        "The calls of an hour are used up.",
        *("Refusal", "OAuthRefusal"),
        example={"error": "RateLimitExceeded", "detail": "More than 5000 calls in an hour. Try again later."},
        wait="Retry-After",
    ),
}
