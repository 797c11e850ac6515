"""Every page with the fewest and the most values: it renders, it is accessible, and nothing in it runs."""

import re
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from litestar import Request
from tests.html import samples
from tests.html.conftest import FOLDERS, SOURCE
from tests.html.documents import Document

from polar_server.html import Pages, csrf, static

RequestWith = Callable[..., Request[Any, Any, Any]]
CASES = [
    pytest.param(name, values, id=f"{name}-{number}")
    for name, many in samples.PAGES.items()
    for number, values in enumerate(many)
]
BASES = {"html/base.html", "html/card.html", "html/signed_in.html", "html/parts.html", "html/navigation.html"}


@pytest.fixture
def show(pages: Pages, request_with: RequestWith) -> Callable[..., Document]:
    def show_page(template: str, /, **values: Any) -> Document:
        return Document(pages.render(request_with(), template, **values).content.decode())

    return show_page


@pytest.mark.parametrize("name,values", CASES)
def test_a_page_has_one_heading_one_main_part_and_a_title(
    show: Callable[..., Document], name: str, values: dict[str, Any]
) -> None:
    """Each page has one h1, one main that the skip link leads to, and a title of its own."""
    document = show(name, **values)
    assert len(document.all("h1")) == 1
    assert [main["id"] for main in document.all("main")] == ["main"]
    assert {"class": "skip", "href": "#main"} in document.all("a")
    assert not document.text.lstrip().startswith("·")


@pytest.mark.parametrize("name,values", CASES)
def test_ids_are_unique_and_references_lead_somewhere(
    show: Callable[..., Document], name: str, values: dict[str, Any]
) -> None:
    """No id occurs twice, and every for, aria-describedby and aria-labelledby names one that exists."""
    document = show(name, **values)
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in document.elements:
        for reference in ("for", "aria-describedby", "aria-labelledby"):
            assert set(attributes.get(reference, "").split()) <= set(ids)


@pytest.mark.parametrize("name,values", CASES)
def test_every_input_has_a_name_that_is_read_aloud(
    show: Callable[..., Document], name: str, values: dict[str, Any]
) -> None:
    """A visible input has a label, except the radio buttons and boxes, which stand inside theirs."""
    document = show(name, **values)
    labelled = {label.get("for") for label in document.all("label")}
    for attributes in document.all("input", "select"):
        if attributes.get("type") not in ("hidden", "radio", "checkbox") and "aria-hidden" not in attributes:
            assert attributes.get("id") in labelled


@pytest.mark.parametrize("name,values", CASES)
def test_nothing_in_a_page_needs_an_inline_style_or_script(
    show: Callable[..., Document], name: str, values: dict[str, Any]
) -> None:
    """The strict policy breaks nothing: no style attribute, no handler, no script without a source, no script link."""
    for tag, attributes in show(name, **values).elements:
        assert not any(attribute == "style" or attribute.startswith("on") for attribute in attributes)
        assert tag != "style"
        assert tag != "script" or attributes["src"].startswith("/static/")
        assert not attributes.get("href", "").lower().startswith("javascript")


@pytest.mark.anyio
@pytest.mark.parametrize("name,values", CASES)
async def test_every_form_that_posts_here_carries_a_token_that_fits_it(
    pages: Pages, show: Callable[..., Document], request_with: RequestWith, name: str, values: dict[str, Any]
) -> None:
    """The token in each form is accepted at the address of that form, and is read away from the values."""
    for form, inputs in show(name, **values).forms():
        if name == "authorization_server/form_post.html":
            continue  # it posts to the app
        assert form["method"] == "post"
        token = next(field["value"] for field in inputs if field.get("name") == "csrf")
        request = request_with(form["action"], body=f"csrf={token}&kept=1")
        assert await pages.read_form(request, values.get("session")) == {"kept": "1"}


def test_every_template_is_in_the_samples() -> None:
    """A new template cannot be forgotten here."""
    folders = {**FOLDERS, "html": SOURCE / "html" / "templates"}
    files = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in folders.items()
        for path in folder.rglob("*.*")
    }
    assert files == {*samples.PAGES, *samples.MAILS, *BASES}


def test_a_missing_value_is_an_error_and_not_a_gap(pages: Pages, request_with: RequestWith) -> None:
    """A page that lacks a value is never sent."""
    with pytest.raises(jinja2.UndefinedError):
        pages.render(request_with(), "accounts/sign_in.html")


HOSTILE = "<img src=x onerror=alert(1)>\"'&{{ 7*7 }}\u202egnp.exe\u2066\u200b"


def _hostile_consent() -> dict[str, Any]:
    return {
        **samples.PAGES["authorization_server/consent.html"][3],
        "client": samples.full_client(
            name=HOSTILE,
            client_uri="javascript:alert(1)",
            policy_uri="JaVaScript:alert(1)",
            tos_uri="data:text/html,x",
            logo_uri=HOSTILE,
        ),
        "session": samples.session(name=HOSTILE, email="<b>@example.com"),
        "organizations": [samples.organization(name=HOSTILE, slug='"><script>', avatar_url="javascript:alert(1)")],
        "query": "a=\"><script>alert(1)</script>&b='x",
        "redirect_uri": "https://\u0430pp.example/cb",
        "errors": {"form": HOSTILE},
    }


def test_hostile_names_become_harmless_text(pages: Pages, request_with: RequestWith) -> None:
    """Markup in a name is text, its direction cannot be turned, and template code in it is not run."""
    html = pages.render(request_with(), "authorization_server/consent.html", **_hostile_consent()).content.decode()
    document = Document(html)
    assert [script["src"] for script in document.all("script")] == [static.FILES["send_once.js"].path]
    assert all("onerror" not in image for image in document.all("img"))
    assert "<img src=x" not in html
    assert "{{ 7*7 }}" in document.text
    named = document.text.replace(HOSTILE, "")  # the error is ours, and not a name
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", named)


def test_links_of_an_app_are_web_addresses_or_no_links(show: Callable[..., Document]) -> None:
    """javascript: and data: addresses of a client are shown nowhere, neither as links nor as pictures."""
    document = show("authorization_server/consent.html", **_hostile_consent())
    addresses = [a.get("href", "") for a in document.all("a")] + [image["src"] for image in document.all("img")]
    assert all(address.startswith(("/", "#", "https://")) for address in addresses)


def test_consent_shows_the_host_in_the_letters_of_the_dns(show: Callable[..., Document]) -> None:
    """A Cyrillic letter that looks Latin shows as punycode."""
    assert "xn--pp-6kc.example" in show("authorization_server/consent.html", **_hostile_consent()).text


def test_consent_can_be_answered_by_a_program(show: Callable[..., Document]) -> None:
    """The names of inputs and buttons are stable, and denying needs no organization to be chosen."""
    document = show("authorization_server/consent.html", **samples.PAGES["authorization_server/consent.html"][3])
    buttons = {button["value"]: button for button in document.all("button")}
    assert {value: button["name"] for value, button in buttons.items()} == {"deny": "action", "allow": "action"}
    assert "formnovalidate" in buttons["deny"]
    radios = [field for field in document.all("input") if field["type"] == "radio"]
    assert {field["name"] for field in radios} == {"organization_id"}
    assert [field["value"] for field in radios if "checked" in field] == ["o1"]


def test_consent_names_everything_the_decision_is_about(show: Callable[..., Document]) -> None:
    """App, host, scopes, account, organizations, lifetime and whether the app is verified are on the page."""
    values = {**samples.PAGES["authorization_server/consent.html"][3], "client": samples.full_client(name="Harbour")}
    text = show("authorization_server/consent.html", **values).text
    for words in (
        *("Harbour", "harbour.example", "app.example", "ada@example.com", "Northwind Coffee", "until you end it"),
        *(
            "Know who you are",
            "Your products and prices",
            "Create, change and archive",
            "not verified by Polar",
            "Test",
        ),
    ):
        assert words in text


def test_consent_without_an_organization_cannot_be_allowed(show: Callable[..., Document]) -> None:
    """Who can choose none reads why, finds the way to create one, and can only deny."""
    document = show("authorization_server/consent.html", **samples.PAGES["authorization_server/consent.html"][4])
    assert [("disabled" in button) for button in document.all("button")] == [False, True]
    assert {"href": "/dashboard/organizations"} in document.all("a")


@pytest.mark.parametrize(
    "name", ["accounts/sign_in.html", "accounts/finish_sign_up.html", "accounts/reset_password.html"]
)
def test_password_managers_find_account_and_password(show: Callable[..., Document], name: str) -> None:
    """Each page with a password says which account it is for and whether the password is new."""
    fields = {field.get("autocomplete") for field in show(name, **samples.PAGES[name][0]).all("input")}
    assert "username" in fields
    assert fields & {"current-password", "new-password"}


def test_errors_are_tied_to_their_fields(show: Callable[..., Document]) -> None:
    """A field with an error is marked invalid and described by the error and then the hint."""
    values = samples.PAGES["accounts/finish_sign_up.html"][1]
    password = next(
        f for f in show("accounts/finish_sign_up.html", **values).all("input") if f.get("name") == "password"
    )
    assert password["aria-invalid"] == "true"
    assert password["aria-describedby"] == "password-error password-hint"
    assert "value" not in password


def test_the_refusal_page_carries_its_code(show: Callable[..., Document]) -> None:
    """Programs read the error's code from the main part."""
    document = show("authorization_server/error.html", **samples.PAGES["authorization_server/error.html"][1])
    assert document.all("main")[0]["data-error"] == "invalid_request"
    assert "01JZ7Q4N9V" in document.text


def test_admins_are_not_offered_what_only_owners_may(show: Callable[..., Document]) -> None:
    """An admin sees no form for an owner's role and no way to make an owner."""
    document = show("accounts/members.html", **samples.PAGES["accounts/members.html"][2])
    posted = [field["value"] for _, inputs in document.forms() for field in inputs if field.get("name") == "user_id"]
    assert "u1" not in posted
    assert "owner" not in [option["value"] for option in document.all("option")]


def test_form_post_sends_itself_and_has_a_button(show: Callable[..., Document]) -> None:
    """The answer goes to the app by a static script, or by a button without one, with every parameter escaped."""
    document = show("authorization_server/form_post.html", **samples.PAGES["authorization_server/form_post.html"][0])
    form, inputs = document.forms()[0]
    assert form["action"] == "https://app.example/cb"
    assert {(i["name"], i["value"]) for i in inputs if "name" in i} == {("code", "c"), ("state", "<x>")}
    assert document.all("script")[0]["src"].endswith("/form_post.js")
    assert document.all("button")


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_error_pages_say_what_happened(pages: Pages, request_with: RequestWith, status: int) -> None:
    """Each common error has its own words, and a request id when there is one."""
    request = request_with()
    request.scope["request_id"] = "r-1"  # type: ignore[typeddict-unknown-key]
    response = pages.error(request, status)
    document = Document(response.content.decode())
    assert response.status_code == status
    assert document.all("main")[0]["data-status"] == str(status)
    assert "r-1" in document.text


@pytest.mark.parametrize("name", sorted(samples.MAILS))
def test_mails_are_unescaped_text_with_a_subject_and_a_whole_link(pages: Pages, name: str) -> None:
    """Every mail renders, begins with its subject, and keeps its link, where it has one, in one piece."""
    for values in samples.MAILS[name]:
        text = pages.text(name, **values)
        assert re.match(r"\s*Subject: \S", text)
        assert "link" not in values or values["link"] in text.split("\n")


def test_csrf_field_name_is_the_one_of_the_templates(show: Callable[..., Document]) -> None:
    """The field that templates write is the field that the check reads."""
    values = samples.PAGES["accounts/sign_in.html"][0]
    assert csrf.FIELD in {field.get("name") for field in show("accounts/sign_in.html", **values).all("input")}
