"""Bodies of benefits. What this server does not offer is refused in words."""

from typing import Any

import msgspec
from litestar import Request

from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.errors import RequestValidationError, invalid
from polar_server.resources.benefits.schemas import NOT_OFFERED, BenefitCreate, BenefitUpdate


async def read_new(request: Request[Any, Any, Any]) -> BenefitCreate:
    """A new benefit. Raises RequestValidationError."""
    try:
        return await read_body(request, BenefitCreate)  # type: ignore[arg-type]
    except RequestValidationError as error:
        raise _explained(error, await request.body()) from error


async def read_changes(request: Request[Any, Any, Any]) -> BenefitUpdate:
    """The changes of a benefit. Raises RequestValidationError."""
    try:
        return await read_body(request, BenefitUpdate)  # type: ignore[arg-type]
    except RequestValidationError as error:
        raise _explained(error, await request.body()) from error


def type_of(sent: BenefitCreate | BenefitUpdate) -> str:
    """The type that a body names."""
    return str(sent.__struct_config__.tag)


def _explained(error: RequestValidationError, raw: bytes) -> RequestValidationError:
    """The same refusal, or a clearer one for a type that exists elsewhere."""
    if error.issues[0].loc != ("body", "type") or error.issues[0].type == "missing":
        return error
    sent = msgspec.json.decode(raw)["type"]
    if sent not in NOT_OFFERED:
        return error
    return invalid("type", f"This server does not offer benefits of the type {sent}.", "enum", sent)
