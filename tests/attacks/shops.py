"""Organizations as the API sees them: a token that may do everything, and things of each kind."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.attacks import apps
from tests.attacks.apps import App
from tests.attacks.cases import Request
from tests.attacks.people import Person
from tests.attacks.server import ISSUER, Server
from tests.attacks.wire import Response

from polar_server.oauth import scopes

EVERYTHING = " ".join(scopes.NAMES)
PRICE = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Shop:
    """An organization, and an access token of an app that somebody lets do everything for it."""

    server: Server
    organization_id: str
    token: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **params: str | list[str]) -> Response:
        """What the API answers to this organization."""
        headers: dict[str, str | list[str]] = {"Authorization": f"Bearer {self.token}"}
        return self.server.place.send(Request(method=method, path=path, headers=headers, params=params, json=body))

    def make(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something new."""
        answer = self.ask("POST", path, body)
        assert answer.status == 201, answer.text
        return dict(answer.json)

    def announce(self, name: str, data: bytes, **changes: Any) -> dict[str, Any]:
        """A file that is not there yet."""
        kind = {"name": name, "service": "product_media", "mime_type": "image/png"}
        part = {"number": 1, "chunk_start": 0, "chunk_end": len(data), "checksum_sha256_base64": sha256(data)}
        return self.make("/v1/files/", {**kind, "size": len(data), "upload": {"parts": [part]}, **changes})

    def send(self, announced: Mapping[str, Any], data: bytes) -> str:
        """Send the bytes of an announced file; their ETag."""
        part = announced["upload"]["parts"][0]
        answer = self.server.place.send_bytes("PUT", part["url"].removeprefix(ISSUER), data, part["headers"])
        assert answer.status == 200, answer.text
        return answer.header("ETag") or ""

    def finish(self, announced: Mapping[str, Any], etag: str) -> Response:
        """What becomes of a file whose bytes were sent."""
        upload = announced["upload"]
        body = {"id": upload["id"], "path": upload["path"], "parts": [{"number": 1, "checksum_etag": etag}]}
        return self.ask("POST", f"/v1/files/{announced['id']}/uploaded", body)

    def upload(self, name: str, data: bytes, **changes: Any) -> dict[str, Any]:
        """A file that is there."""
        announced = self.announce(name, data, **changes)
        answer = self.finish(announced, self.send(announced, data))
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def download_path(self, file_id: str) -> str:
        """The signed address of a download, without the host."""
        url: str = self.ask("GET", f"/v1/files/{file_id}/download").json["url"]
        return url.removeprefix(ISSUER)


@dataclass(frozen=True, slots=True)
class Stock:
    """A shop's things, one of each kind, and the marker that is in all of them."""

    shop: Shop
    marker: str
    ids: Mapping[str, str]

    def seen(self) -> list[Response]:
        """What their owner sees of them."""
        return [self.shop.ask("GET", f"/v1/{kind}/", id=each, ids=each) for kind, each in self.ids.items()]


def stock(shop: Shop, marker: str) -> Stock:
    """Fill a shop."""
    benefit = {"type": "custom", "description": f"Letter {marker}", "properties": {"note": None}}
    customer = {"name": f"Carla {marker}", "email": "carla@customer.example"}
    letter = {"name": f"Letter {marker}", "recurring_interval": "month", "prices": [{"amount_type": "free"}]}
    made = {
        "products": shop.make("/v1/products/", {"name": f"Lamp {marker}", "prices": [PRICE]}),
        "customers": shop.make("/v1/customers/", customer),
        "benefits": shop.make("/v1/benefits/", benefit),
        "files": shop.upload(f"{marker}.txt", marker.encode(), service="downloadable", mime_type="text/plain"),
    }
    product = shop.make("/v1/products/", letter)
    sold = {"product_id": product["id"], "customer_id": made["customers"]["id"]}
    made["subscriptions"] = shop.make("/v1/subscriptions/", sold)
    made["checkouts"] = shop.make("/v1/checkouts/", {"products": [made["products"]["id"]]})
    return Stock(shop, marker, {kind: thing["id"] for kind, thing in made.items()})


def open_shop(server: Server, person: Person, app: App, organization_id: str) -> Shop:
    """An organization through the eyes of an app that a member of it lets do everything."""
    made = apps.obtain_tokens(server, person.browser, app, scope=EVERYTHING, **apps.acting_for(organization_id))
    return Shop(server, organization_id, made["access_token"])


def sha256(data: bytes) -> str:
    """A digest as the API writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
