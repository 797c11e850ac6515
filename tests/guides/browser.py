"""The browser of a guide's reader: signs in as the demo person, chooses an organization, allows.

    python -m tests.guides.browser ISSUER ORGANIZATION URL

opens the address and follows it to its end, for programs that open a browser themselves.
"""

import re
import sys
from types import SimpleNamespace
from typing import Any

import httpx
from tests.visitors import Visitor

from polar_server.demo import EMAIL, PASSWORD


def allow(issuer: str, url: str, organization: str) -> str:
    """Where the person ends after they allowed what the address asks for: at the app, with a code."""
    server: Any = SimpleNamespace(issuer=issuer)
    with Visitor(server) as visitor:
        answer = visitor.open(url)
        if answer is None and visitor.path == "/sign-in":
            answer = visitor.submit("/sign-in", email=EMAIL, password=PASSWORD)
        if answer is None:
            answer = visitor.submit("/oauth2/consent", action="allow", **_choice(visitor.page.text, organization))
        assert answer is not None, visitor.page.text
        return answer.url


def _choice(page: str, organization: str) -> dict[str, str]:
    if 'name="organization_id"' not in page:
        return {}
    found = re.search(rf'name="organization_id" value="([^"]*)"(?:(?!</label>).)*> ?{organization} ·', page, re.DOTALL)
    assert found, page
    return {"organization_id": found[1]}


if __name__ == "__main__":
    httpx.get(allow(sys.argv[1], sys.argv[3], sys.argv[2]))
