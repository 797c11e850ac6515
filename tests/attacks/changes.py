"""How a case is changed before it runs: a reason for people, and a merge patch (RFC 7396) for the runner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A changed case. In the patch, None removes a member."""

    reason: str
    patch: Mapping[str, Any] = field(default_factory=dict)


def merged(value: Any, patch: Any) -> Any:
    """The value with a merge patch applied (RFC 7396 §2)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(value) if isinstance(value, Mapping) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), part)
    return result
