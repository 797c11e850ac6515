"""`python -m bench.peers.authlib_server.seed FILE`: make the tables and fill them with what a JSON file asks for."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, text

from bench.peers.authlib_server.models import IS_SQLITE, AuthorizationCode, Base, Client, Token, User, engine

_DAY = 86_400
_BATCH = 5_000


def main() -> None:
    """Fill the database of PEER_DATABASE_URL."""
    wanted = json.loads(Path(sys.argv[1]).read_text())
    Base.metadata.create_all(engine)
    _fill(User, wanted["users"])
    _fill(Client, (_client(each, wanted) for each in wanted["clients"]))
    _fill(AuthorizationCode, (_code(each, wanted) for each in wanted["codes"]))
    _fill(Token, _tokens(wanted))
    _tidy()


def _client(client: Mapping[str, str], wanted: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        "client_name": "Benchmark",
        "redirect_uris": [wanted["redirect_uri"]],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": wanted["scope"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": client["id_token_alg"],
    }
    secret = {"client_id": client["client_id"], "client_secret": client["secret"]}
    return {**secret, "client_metadata": json.dumps(metadata)}


def _code(code: Mapping[str, str], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": code["text"],
        "client_id": code["client_id"],
        "user_id": code["user_id"],
        "redirect_uri": wanted["redirect_uri"],
        "response_type": "code",
        "scope": wanted["scope"],
        "nonce": wanted["nonce"],
        "auth_time": wanted["auth_time"],
        "code_challenge": code["challenge"],
        "code_challenge_method": "S256",
    }


def _tokens(wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row has both tokens of a pair; the one that nobody asks for gets a text, too."""
    for kind, other in (("access_token", "refresh_token"), ("refresh_token", "access_token")):
        for each in wanted[f"{kind}s"]:
            yield {
                kind: each["text"],
                other: f"beside {each['text']}",
                "client_id": each["client_id"],
                "user_id": each["user_id"],
                "token_type": "Bearer",
                "scope": wanted["scope"],
                "issued_at": wanted["auth_time"],
                "expires_in": _DAY,
            }


def _fill(model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    table, waiting = model.__table__, list(rows)
    assert isinstance(table, Table)
    with engine.begin() as connection:
        for start in range(0, len(waiting), _BATCH):
            connection.execute(insert(table), waiting[start : start + _BATCH])


def _tidy() -> None:
    """Nothing is left to be tidied while requests are measured."""
    commands = ["ANALYZE"] if IS_SQLITE else ["VACUUM (ANALYZE, FREEZE)", "CHECKPOINT"]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for command in commands:
            connection.execute(text(command))


if __name__ == "__main__":
    main()
