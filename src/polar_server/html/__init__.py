"""Pages for people: templates, forms, cookies, headers and static files.

`Pages.render` answers with a page and `Pages.read_form` reads what it posted back,
so that no handler writes a security header or checks a CSRF token by itself.
"""

from polar_server.html.headers import SECURITY_HEADERS, redirect
from polar_server.html.pages import GivenPages, Page, PageRequest, Pages

__all__ = ["SECURITY_HEADERS", "GivenPages", "Page", "PageRequest", "Pages", "redirect"]
