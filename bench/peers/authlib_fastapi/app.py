"""Authlib's framework-agnostic server on FastAPI, in the usual shape.

Authlib cannot await, so an endpoint reads its form and leaves the rest to the thread pool, where a session of
SQLAlchemy lives for the length of the call.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from authlib.common.security import generate_token
from authlib.oauth2 import AuthorizationServer, OAuth2Request, ResourceProtector
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from bench.peers.authlib_server import grants
from bench.peers.authlib_server.models import session

app = FastAPI()


class FastAPIRequest(OAuth2Request):
    def __init__(self, request: Request, form: Mapping[str, Any]) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        self._form = form
        self.payload = BasicOAuth2Payload({**request.query_params, **form})

    @property
    def form(self) -> Mapping[str, Any]:
        return self._form


class FastAPIServer(AuthorizationServer):
    def query_client(self, client_id: str) -> Any:
        return grants.query_client(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        grants.save_token(token, request)

    def create_oauth2_request(self, request: FastAPIRequest) -> FastAPIRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        answer = JSONResponse if isinstance(body, dict) else Response
        return answer(body, status_code=status, headers=dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


class UserInfoOfToken(grants.UserInfoOfToken):
    def __call__(self, request: FastAPIRequest) -> tuple[int, Any, Any]:
        """As Authlib's, with the request handed on instead of taken from Flask's global."""
        token = self.resource_protector.validate_request(["openid"], request)
        return 200, self.generate_user_info(token.get_user(), token.scope), []


def _generator(length: int) -> Callable[..., str]:
    return lambda *_, **__: generate_token(length)


server = FastAPIServer()
server.register_token_generator("default", BearerTokenGenerator(_generator(42), _generator(48)))
require_oauth = ResourceProtector()
grants.register(server, require_oauth, UserInfoOfToken)


async def _answer(request: Request, call: Callable[[FastAPIRequest], Response]) -> Response:
    form = await request.form() if request.method == "POST" else {}
    return await run_in_threadpool(_with_session, call, FastAPIRequest(request, form))


def _with_session(call: Callable[[FastAPIRequest], Response], request: FastAPIRequest) -> Response:
    try:
        return call(request)
    finally:
        session.remove()


@app.post("/v1/oauth2/token")
async def issue_token(request: Request) -> Response:
    return await _answer(request, server.create_token_response)


@app.post("/v1/oauth2/introspect")
async def introspect_token(request: Request) -> Response:
    return await _answer(request, lambda asked: server.create_endpoint_response("introspection", asked))


@app.post("/v1/oauth2/revoke")
async def revoke_token(request: Request) -> Response:
    return await _answer(request, lambda asked: server.create_endpoint_response("revocation", asked))


@app.get("/v1/oauth2/userinfo")
async def show_userinfo(request: Request) -> Response:
    return await _answer(request, lambda asked: server.create_endpoint_response("userinfo", asked))


@app.get("/.well-known/openid-configuration")
async def show_metadata() -> dict[str, Any]:
    return grants.METADATA


@app.get("/.well-known/jwks.json")
async def show_jwks() -> dict[str, Any]:
    return grants.JWKS


def main() -> None:
    """Serve on a port, with the settings of `polar-server serve`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        app,
        port=parser.parse_args().port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )


if __name__ == "__main__":
    main()
