"""Authlib's authorization server for Flask, with its routes as the documentation shows them. Gunicorn serves `app`."""

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, jsonify

from bench.peers.authlib_server import grants
from bench.peers.authlib_server.models import session

app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, query_client=grants.query_client, save_token=grants.save_token)
require_oauth = ResourceProtector()
grants.register(server, require_oauth)


@app.teardown_appcontext
def close_session(_: BaseException | None) -> None:
    session.remove()


@app.post("/v1/oauth2/token")
def issue_token() -> Any:
    return server.create_token_response()


@app.post("/v1/oauth2/introspect")
def introspect_token() -> Any:
    return server.create_endpoint_response("introspection")


@app.post("/v1/oauth2/revoke")
def revoke_token() -> Any:
    return server.create_endpoint_response("revocation")


@app.get("/v1/oauth2/userinfo")
def show_userinfo() -> Any:
    try:
        return server.create_endpoint_response("userinfo")
    except OAuth2Error as error:
        return require_oauth.raise_error_response(error)


@app.get("/.well-known/openid-configuration")
def show_metadata() -> Response:
    return jsonify(grants.METADATA)


@app.get("/.well-known/jwks.json")
def show_jwks() -> Response:
    return jsonify(grants.JWKS)
