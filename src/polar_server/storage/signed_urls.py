"""Signed URLs of this server: an HMAC over everything that the URL allows."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from polar_server.oauth.server_keys import ServerKeys

_PURPOSE = "signed url"
_NAMES = ("expires", "length", "checksum", "disposition", "type")


@dataclass(frozen=True, slots=True)
class Permission:
    """What a URL allows: one method on one object, or on one part of it, until `expires` (epoch seconds)."""

    method: str
    key: str
    expires: int
    part: int = 0
    length: int = 0
    checksum: str = ""
    disposition: str = ""
    type: str = ""

    @property
    def text(self) -> str:
        """Everything in one text. No member can hold a line feed: they are ours, or were checked."""
        members = (self.method, self.key, self.part, *(getattr(self, name) for name in _NAMES))
        return "\n".join(map(str, members))


class Signer:
    """Signs permissions as queries of URLs, and reads them again."""

    def __init__(self, server_keys: ServerKeys) -> None:
        self._server_keys = server_keys

    def query(self, permission: Permission) -> str:
        """The query of a URL: the members of the permission that are not in its path, and the signature."""
        said = {name: getattr(permission, name) for name in _NAMES if getattr(permission, name)}
        key_id = self._server_keys.key_id
        return urlencode({**said, "key": key_id, "signature": self._signature(permission, key_id)})

    def read(self, method: str, key: str, query: Mapping[str, str], now: int, part: int = 0) -> Permission | None:
        """The permission of a request, None when it was changed, is over, or was never given."""
        try:
            permission = Permission(
                method,
                key,
                int(query.get("expires", "")),
                part,
                int(query.get("length", "0")),
                *(query.get(name, "") for name in ("checksum", "disposition", "type")),
            )
        except ValueError:
            return None
        signature = self._signature(permission, query.get("key", ""))
        genuine = hmac.compare_digest(signature.encode(), query.get("signature", "").encode("utf-8", "surrogatepass"))
        return permission if genuine and now < permission.expires else None

    def _signature(self, permission: Permission, key_id: str) -> str:
        return self._server_keys.derive(_PURPOSE, permission.text, key_id).hex()
