"""Registers a client for one of these examples, and prints the variables that it is started with.

    eval "$(python examples/register.py)"             # a program on a server, which keeps a secret
    eval "$(python examples/register.py --public)"    # one in a browser or on people's own machines, which cannot

`--server` is where Polar is, `--address` where browsers find the example.
"""

import argparse
import shlex
import sys

from polar_client import Polar, PolarError


def main() -> None:
    """Register (RFC 7591), and print what a shell takes."""
    asked = arguments()
    # A program on people's machines listens on any free port of 127.0.0.1 (RFC 8252 §7.3).
    public = [f"{asked.address}/", "http://127.0.0.1/callback"]
    try:
        with Polar(base_url=asked.server) as polar:
            client = polar.oauth2.create_client(
                client_name="Example",
                redirect_uris=public if asked.public else [f"{asked.address}/callback"],
                token_endpoint_auth_method="none" if asked.public else "client_secret_post",
            )
    except PolarError as error:
        sys.exit(f"{asked.server} registered no client: {error}")
    made = {"ISSUER": asked.server, "CLIENT_ID": client.client_id, "CLIENT_SECRET": client.client_secret}
    for name, value in made.items():
        if value:
            sys.stdout.write(f"export POLAR_{name}={shlex.quote(value)}\n")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description="Register a client for one of the examples.")
    parser.add_argument("--server", default="http://localhost:8000")
    parser.add_argument("--address", default="http://localhost:8001")
    parser.add_argument("--public", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
