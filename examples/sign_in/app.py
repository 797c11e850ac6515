"""Sign in with Polar: a small web application whose people come with their Polar account.

It is a client in the words of RFC 6749: it sends people to Polar, gets a code back, and exchanges
it for tokens. Authlib does the protocol; this file decides what to ask for and what to keep.
"""

import json
import logging
import secrets
import sys
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import Any

import requests
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, Response, redirect, render_template, request, session
from werkzeug.serving import run_simple

PORT = int(environ.get("PORT", "8001"))
ADDRESS = environ.get("ADDRESS", f"http://localhost:{PORT}")
# Registered with Polar, letter by letter. Never made from the Host header, which a visitor can choose.
REDIRECT_URI = f"{ADDRESS}/callback"
SIGN_IN = "openid profile email organizations:read"
FOR_ORGANIZATION = "openid profile products:read orders:read checkouts:write"


def demo_client() -> dict[str, str]:
    """The client that the demo server made for us: `polar-server demo` writes it into its data folder."""
    folder = Path(environ.get("POLAR_DATA_DIR") or Path(__file__).parents[2] / "data")
    try:
        demo = json.loads((folder / "demo.json").read_text())
    except FileNotFoundError:
        sys.exit(f"There is no {folder / 'demo.json'}. Run `polar-server demo`, or set CLIENT_ID and CLIENT_SECRET.")
    return {"issuer": demo["issuer"], **demo["client"]}


client = demo_client() if "CLIENT_ID" not in environ else {}
ISSUER = environ.get("POLAR_ISSUER") or client.get("issuer", "http://localhost:8000")
CLIENT_ID = environ.get("CLIENT_ID") or client["client_id"]
CLIENT_SECRET = environ.get("CLIENT_SECRET") or client["client_secret"]

app = Flask(__name__)
app.secret_key = secrets.token_bytes()  # sessions end when the app restarts; keep one key for longer ones
app.config.update(
    SESSION_COOKIE_NAME="demo_app_session",
    SESSION_COOKIE_SAMESITE="Lax",  # a form on another site is sent without it, so it can end nobody's session
    SESSION_COOKIE_SECURE=ADDRESS.startswith("https://"),
)

# By session id. A real application keeps tokens in its database; a cookie is no place for them.
tokens: dict[str, dict[str, Any]] = {}


def keep_token(_name: str, token: dict[str, Any], **_: Any) -> None:
    """Authlib refreshed an expired access token. The old refresh token is used up, so keep the new one."""
    tokens[session["id"]].update(token)


oauth = OAuth(app, update_token=keep_token)
polar = oauth.register(
    "polar",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": SIGN_IN, "code_challenge_method": "S256"},
)


@app.get("/")
def home() -> str | tuple[str, int]:
    """What Polar says about whoever is signed in."""
    token = tokens.get(session.get("id", ""))
    if token is None:
        return render_template("welcome.html")
    answer = polar.get(polar.load_server_metadata()["userinfo_endpoint"], token=token)
    if answer.status_code == 401:
        forget()
        return problem("Access was ended", "It was ended at Polar, so you are signed out here too.", 401)
    answer.raise_for_status()
    told = {"token": token, "claims": token["userinfo"], "userinfo": answer.json()}
    return render_template("account.html", **told, products=products(token))


def products(token: dict[str, Any]) -> list[dict[str, Any]]:
    """What the organization of the token sells; nothing for a person's token."""
    if "products:read" not in token["scope"].split():
        return []
    answer = polar.get(f"{ISSUER}/v1/products/", token=token)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@app.post("/checkout")
def checkout() -> Any:
    """Sell a product: Polar's page takes the payment, and sends the customer back."""
    token = tokens.get(session.get("id", ""))
    if token is None:
        return redirect("/")
    asked = {"products": [request.form["product_id"]], "success_url": f"{ADDRESS}/thanks"}
    answer = polar.post(f"{ISSUER}/v1/checkouts/", token=token, json=asked)
    if answer.status_code == 401:
        return redirect("/")  # which says that the access was ended
    answer.raise_for_status()
    return redirect(answer.json()["url"])


@app.get("/thanks")
def thanks() -> str:
    """The customer is back from Polar's page, with the purchase made."""
    return render_template("thanks.html")


@app.get("/sign-in")
def sign_in() -> Response:
    """Ask who the person is."""
    answer: Response = polar.authorize_redirect(REDIRECT_URI)
    return answer


@app.get("/connect")
def connect() -> Response:
    """Ask to act for one of their organizations, which the person chooses on Polar's page."""
    answer: Response = polar.authorize_redirect(REDIRECT_URI, sub_type="organization", scope=FOR_ORGANIZATION)
    return answer


@app.get("/callback")
def callback() -> Any:
    """The person is back, with a code or an error."""
    # RFC 9207: the answer names its sender, so that another server's answer cannot pass as Polar's.
    if request.args.get("iss") != ISSUER:
        return problem("That was not Polar", "The answer does not come from where you were sent. Start again.")
    token = polar.authorize_access_token()  # checks state and PKCE, and the ID token's signature, issuer and nonce
    forget()
    session["id"] = secrets.token_urlsafe()  # a new id at every sign-in, so that nobody can plant one
    tokens[session["id"]] = token
    return redirect("/")


@app.post("/refresh")
def refresh() -> Any:
    """Exchange the refresh token for new tokens before the access token expires."""
    token = tokens.get(session.get("id", ""))
    if token is not None:
        token.update(our_session().refresh_token(endpoint("token"), token["refresh_token"]))
    return redirect("/?refreshed")


@app.post("/sign-out")
def sign_out() -> Any:
    """End the access at Polar, and the session here."""
    token = forget()
    if token is not None:
        our_session().revoke_token(endpoint("revocation"), token["refresh_token"])
    return redirect("/")


def our_session() -> OAuth2Session:
    """For requests in our own name: Authlib's Flask client has no method for them."""
    return OAuth2Session(CLIENT_ID, CLIENT_SECRET)


def endpoint(name: str) -> str:
    """The address of one of Polar's endpoints, as its metadata gives it."""
    return str(polar.load_server_metadata()[f"{name}_endpoint"])


def forget() -> dict[str, Any] | None:
    """End the session here; gives the token it had."""
    token = tokens.pop(session.get("id", ""), None)
    session.clear()
    return token


@app.errorhandler(OAuthError)
def refused(error: OAuthError) -> tuple[str, int]:
    """Polar, or Authlib for us, said no."""
    match error.error:
        case "access_denied":
            return problem("You did not allow it", "Nothing was shared. You can sign in whenever you like.", 200)
        case MismatchingStateError.error:
            return problem(
                "That took too long", "This sign-in was started in another browser, or long ago. Start again."
            )
        case "invalid_grant":
            forget()
            return problem("Access was ended", "Polar no longer accepts what we kept. Sign in again.")
        case _:
            return problem("Polar refused", f"{error.description or 'It gave no reason.'} ({error.error})")


@app.errorhandler(requests.ConnectionError)
def unreachable(_: requests.ConnectionError) -> tuple[str, int]:
    """Nobody answers at Polar's address."""
    return problem(
        "Polar is not running", f"Nothing answers at {ISSUER}. Start it with script/server, then try again.", 502
    )


@app.errorhandler(requests.HTTPError)
def failing(error: requests.HTTPError) -> tuple[str, int]:
    """Polar answered that it cannot answer now."""
    return problem("Polar has a problem", f"It answered {error.response.status_code}. Try again in a moment.", 502)


def problem(title: str, text: str, status: int = 400) -> tuple[str, int]:
    """A page that says what happened and what to do."""
    return render_template("problem.html", title=title, text=text), status


@app.template_filter()
def hint(token: str) -> str:
    """Enough of a token to tell two apart, and too little to use it."""
    return f"{token[: token.rindex('_') + 1]}...{token[-4:]}"


@app.template_filter()
def moment(epoch_seconds: int) -> str:
    """A time for people."""
    return f"{datetime.fromtimestamp(epoch_seconds, UTC):%H:%M:%S} UTC"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its log of requests would show codes
    sys.stdout.write(f"The demo app is at {ADDRESS}\n")
    sys.stdout.flush()
    run_simple("127.0.0.1", PORT, app, threaded=True)
