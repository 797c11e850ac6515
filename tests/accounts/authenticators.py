"""An authenticator in software: what a device answers to navigator.credentials (Web Authentication Level 3 §6)."""

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "http://localhost:8000"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def options_of(page: str, kind: str) -> dict[str, Any]:
    """What a page hands to its script: the options of `create` or `get`."""
    found = re.search(rf'data-passkey="{kind}" data-options="([^"]+)"', page)
    assert found, page
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


@dataclass
class Authenticator:
    """One device with one passkey. What it says can be bent by the fields."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    verified: bool = True
    count: int = 0
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """A new passkey, without attestation."""
        self.handle = raw(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + public_key
        data = self._data(_ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options)
        return self._written({"clientDataJSON": base64url(client_data), "attestationObject": base64url(statement)})

    def get(self, options: dict[str, Any]) -> str:
        """The passkey used."""
        data, client_data = self._data(), self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._written(
            {
                "clientDataJSON": base64url(client_data),
                "authenticatorData": base64url(data),
                "signature": base64url(signature),
                "userHandle": base64url(self.handle),
            }
        )

    def _data(self, flags: int = 0) -> bytes:
        said = _PRESENT | flags | (_VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([said]) + self.count.to_bytes(4)

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _written(self, response: dict[str, str]) -> str:
        name = base64url(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
