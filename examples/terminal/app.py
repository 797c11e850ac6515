"""Lists what an organization sells, for whoever signs in with a browser: a program on people's own machines."""

import sys
import webbrowser
from contextlib import suppress
from os import environ

from polar_client import Polar, PolarError
from polar_client.loopback import sign_in
from polar_client.oauth import OAuthApp, Tokens
from polar_client.resources.products import Product

# Registered without a port: the program listens on any free one (RFC 8252 §7.3).
REDIRECT_URI = "http://127.0.0.1/callback"


def main() -> None:
    """Sign in, list, and sign out again."""
    needed = ("POLAR_ISSUER", "POLAR_CLIENT_ID")
    if missing := [name for name in needed if not environ.get(name)]:
        sys.exit(f"Set {' and '.join(missing)}: `python examples/register.py --public` makes and prints them.")
    issuer, client_id = (environ[name] for name in needed)
    try:
        tokens = sign_in(
            client_id,
            issuer=issuer,
            scope="openid products:read",
            sub_type="organization",
            open_url=show,
            timeout=float(environ.get("SIGN_IN_TIMEOUT", "300")),
        )
        try:
            list_products(issuer, tokens)
        finally:
            revoke(issuer, client_id, tokens)
    except PolarError as error:
        sys.exit(f"It did not work: {error}")


def show(url: str) -> None:
    """Open the address, and say it as well: over SSH or in a container there may be no browser to open."""
    sys.stdout.write(f"Sign in here:\n\n  {url}\n\n")
    with suppress(webbrowser.Error):
        if webbrowser.open(url):
            sys.stdout.write("Your browser has opened it. Waiting for you ...\n")
            sys.stdout.flush()
            return
    sys.stdout.write("There is no browser here. Open it in one that reaches 127.0.0.1 of this machine. Waiting ...\n")
    sys.stdout.flush()


def list_products(issuer: str, tokens: Tokens) -> None:
    """One line for each product, from every page of the list."""
    with Polar(tokens.access_token, base_url=issuer) as polar:
        found = [f"{price(product):>12}  {product.name}\n" for product in polar.products.iter_all(is_archived=False)]
    sys.stdout.writelines(found or ["This organization sells nothing yet.\n"])


def price(product: Product) -> str:
    """The first price, for people. The API has it in minor units; where customers choose, there is none."""
    first = product.prices[0]
    if first.price_amount is None:
        return "you choose"
    return "free" if first.price_amount == 0 else f"{first.price_amount / 100:.2f} {first.price_currency.upper()}"


def revoke(issuer: str, client_id: str, tokens: Tokens) -> None:
    """Leave nothing behind that works. A program that is used often keeps its tokens, in the system's keyring."""
    with OAuthApp(client_id, redirect_uri=REDIRECT_URI, issuer=issuer) as app:
        app.revoke(tokens.refresh_token or tokens.access_token)


if __name__ == "__main__":
    main()
