"""Fuzz the API of a running server with schemathesis: requests made from /openapi.json, and answers checked against it.

script/fuzz runs this for many requests; tests/resource_server/test_fuzzing.py for a few.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from polar_server.oauth import metadata, scopes

from . import servers
from .servers import Server
from .visitors import Visitor

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "allow_header_conformance",
)
PHASES = "examples,coverage,fuzzing"
_CALLBACK = "https://app.example/callback"
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_TESTED = re.compile(r"(\d[\d,]*) generated")


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of it: how many requests were sent, and the report when something was wrong."""

    requests: int
    failed: bool
    report: str


def token_for(server: Server, sub_type: str) -> str:
    """An access token with every scope, obtained through the real flow; its person has one organization."""
    scope = " ".join(scopes.NAMES)
    person = server.person()
    organization = server.organization(person)
    client = server.client(_CALLBACK, scope=scope, token_endpoint_auth_method="none")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": client.client_id, "redirect_uri": _CALLBACK, "scope": scope}
    asked |= {"sub_type": sub_type, "code_challenge": challenge, "code_challenge_method": "S256"}
    chosen = organization.id if sub_type == "organization" else ""
    with Visitor(server) as visitor:
        url = f"{server.issuer}{metadata.AUTHORIZE}?{urlencode(asked)}"
        answer = visitor.authorize(url, person.email, organization_id=chosen)
    form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(answer.url).query)["code"][0]}
    form |= {"redirect_uri": _CALLBACK, "code_verifier": _VERIFIER, "client_id": client.client_id}
    response = httpx.post(f"{server.issuer}{metadata.TOKEN}", data=form)
    found: str = response.json()["access_token"]
    return found


def fuzz(server: Server, token: str, examples: int, *, seed: int, phases: str = PHASES) -> Fuzzed:
    """Send about so many requests to each operation, of the kinds that fit the document and of those that do not."""
    document = f"{server.issuer}/openapi.json"
    command = [sys.executable, "-m", "schemathesis.cli", "run", document, "--checks", ",".join(CHECKS)]
    command += ["--header", f"Authorization: Bearer {token}", "--seed", str(seed), "--max-examples", str(examples)]
    command += ["--generation-database", "none", "--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--suppress-health-check", "all", "--phases", phases]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    counted = _TESTED.search(done.stdout)
    sent = int(counted[1].replace(",", "")) if counted else 0
    return Fuzzed(sent, done.returncode != 0, done.stdout + done.stderr)


def main() -> int:
    """Fuzz a fresh server until enough requests were sent."""
    parser = argparse.ArgumentParser(prog="script/fuzz", description=main.__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="send at least so many")
    parser.add_argument("--examples", type=int, default=100, help="requests of each kind and operation in a round")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each further one adds 1")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database, migrated; else SQLite")
    options = parser.parse_args()
    sent, seed = 0, options.seed
    limits = {"rate_limit_user": 0, "rate_limit_organization": 0, "rate_limit_failed_authentication": 0}
    with (
        tempfile.TemporaryDirectory(prefix="polar-fuzz-") as folder,
        servers.serve(Path(folder), options.database_url, **limits) as server,
    ):
        while sent < options.requests:
            sub_type = ("organization", "user")[seed % 2]
            found = fuzz(server, token_for(server, sub_type), options.examples, seed=seed)
            sent += found.requests
            print(json.dumps({"seed": seed, "sub_type": sub_type, "requests": found.requests, "sent": sent}))  # noqa: T201
            if found.failed or not found.requests:
                print(found.report)  # noqa: T201
                return 1
            seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
