"""What peers are given before they are asked: the same people, clients, codes and tokens as our server, as JSON."""

import base64
import json
import os
import secrets
import time
import uuid
from typing import Any

from bench.seeding import NONCE, PEOPLE, REDIRECT_URI, SCOPE, Code, SeededClient
from polar_server.oauth import pkce


class PeerSeeder:
    """Makes up codes and tokens that a peer then stores in its own form. Each belongs to the next of the people."""

    def __init__(self) -> None:
        self._people = [str(uuid.uuid4()) for _ in range(PEOPLE)]
        self._document: dict[str, Any] = {
            "redirect_uri": REDIRECT_URI,
            "scope": SCOPE,
            "nonce": NONCE,
            "auth_time": int(time.time()) - 60,
            **{name: [] for name in ("users", "clients", "codes", "access_tokens", "refresh_tokens")},
        }

    def people(self) -> None:
        """Everybody's profile."""
        self._document["users"] = [
            {
                "id": person,
                "email": f"person{number}@example.org",
                "name": f"Person {number}",
                "picture": None,
                "email_verified": True,
            }
            for number, person in enumerate(self._people)
        ]

    def client(self, id_token_alg: str) -> SeededClient:
        """A confidential client whose ID tokens are signed with this algorithm."""
        client = SeededClient(f"client-{secrets.token_hex(16)}", secrets.token_urlsafe(32))
        row = {"client_id": client.client_id, "secret": client.secret, "id_token_alg": id_token_alg}
        self._document["clients"].append(row)
        return client

    def codes(self, client: SeededClient, count: int) -> list[Code]:
        """Authorization codes with their verifiers."""
        codes = [Code(each, _verifier()) for each in self._texts(count)]
        self._document["codes"] += [
            {**row, "challenge": pkce.s256(code.verifier).decode()}
            for row, code in zip(self._rows(client, [code.code for code in codes]), codes, strict=True)
        ]
        return codes

    def access_tokens(self, client: SeededClient, count: int) -> list[str]:
        """Opaque access tokens."""
        return self._tokens("access_tokens", client, count)

    def refresh_tokens(self, client: SeededClient, count: int) -> list[str]:
        """Refresh tokens."""
        return self._tokens("refresh_tokens", client, count)

    def as_json(self) -> str:
        """The whole seed."""
        return json.dumps(self._document)

    def _tokens(self, name: str, client: SeededClient, count: int) -> list[str]:
        texts = self._texts(count)
        self._document[name] += self._rows(client, texts)
        return texts

    def _rows(self, client: SeededClient, texts: list[str]) -> list[dict[str, str]]:
        people = self._people
        return [
            {"text": text, "client_id": client.client_id, "user_id": people[number % len(people)]}
            for number, text in enumerate(texts)
        ]

    def _texts(self, count: int) -> list[str]:
        """As long as node-oidc-provider's own: 256 bits."""
        return [secrets.token_urlsafe(32) for _ in range(count)]


def _verifier() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
