"""Serves the files of the single-page app, and nothing else, under a strict Content-Security-Policy."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path

NEEDED = ("POLAR_ISSUER", "POLAR_CLIENT_ID")
if missing := [name for name in NEEDED if not environ.get(name)]:
    sys.exit(f"Set {' and '.join(missing)}: `python examples/register.py --public` makes and prints them.")

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "node_modules/oauth4webapi/build/index.js"
if not LIBRARY.exists():
    sys.exit("oauth4webapi is missing: run `npm --prefix examples/single_page ci`.")

ISSUER, CLIENT_ID = (environ[name] for name in NEEDED)
PORT = int(environ.get("PORT", "8001"))
# Neither is secret: a public client has no secret.
CONFIG = f"export const issuer = new URL({json.dumps(ISSUER)})\nexport const clientId = {json.dumps(CLIENT_ID)}\n"
FILES = {
    "/": ("text/html", (FOLDER / "index.html").read_bytes()),
    "/style.css": ("text/css", (FOLDER / "style.css").read_bytes()),
    "/app.js": ("text/javascript", (FOLDER / "app.js").read_bytes()),
    "/sign_in.js": ("text/javascript", (FOLDER / "sign_in.js").read_bytes()),
    "/oauth4webapi.js": ("text/javascript", LIBRARY.read_bytes()),
    "/config.js": ("text/javascript", CONFIG.encode()),
}
HEADERS = {
    # Scripts of our own only, calls to Polar only: injected code would neither run nor take a token away.
    "Content-Security-Policy": f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src {ISSUER}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Files(BaseHTTPRequestHandler):
    """Answers GET."""

    def do_GET(self) -> None:
        """Send one of the files, whatever the query."""
        kind, content = FILES.get(self.path.partition("?")[0], ("text/plain", b""))
        self.send_response(200 if content else 404)
        for name, value in {**HEADERS, "Content-Type": f"{kind}; charset=utf-8"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the address that people come back to holds the code."""


if __name__ == "__main__":
    sys.stdout.write(f"Open http://localhost:{PORT}\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", PORT), Files).serve_forever()
