"""Every page: valid HTML, accessible in light and dark, and never wider than a telephone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize
from tests.servers import Server

from . import gallery
from .markup import Sources

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}

# What axe does not insist on: our own few rules, as sentences about what is missing.
RULES = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)]
    const problems = []
    if (all('h1').length !== 1) problems.push(`${all('h1').length} headings of the first level`)
    for (const field of all('input:not([type=hidden]), select, textarea')) {
        if (!field.labels.length && !field.ariaHidden) problems.push(`no label: ${field.outerHTML}`)
    }
    if (all('script:not([src]), style, [style], [onclick]').length) problems.push('something inline')
    if (!document.title || !document.documentElement.lang) problems.push('no title or language')
    return problems
}"""
# A change of colours may take a moment to fade. What is folded away never ends to.
SETTLE = """() => Promise.all(document.getAnimations()
    .filter((animation) => animation.effect.target.checkVisibility())
    .map((animation) => animation.finished))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def axe() -> str:
    return AXE.read_text()


def test_every_page(page: Page, server: Server, site: str, axe: str) -> None:
    """Each page is valid, has one heading, labels, readable colours in light and dark, and no horizontal scrolling."""
    assert len(checked(page, gallery.walk(page, gallery.cast(server, site)), axe)) >= 35


def test_a_fault_is_named() -> None:
    """What is not valid in a page, or has no label, is said with the page, the line and the rule."""
    start, end = '<!doctype html>\n<html lang="en"><head><title>A</title></head><body>\n', "\n</body></html>"
    texts = {"fine": start + end, "nested": f"{start}<p><div></div></p>{end}", "mute": f"{start}<input>{end}"}
    faults = Sources(texts=texts).faults()
    assert [fault.split(" ")[::2][:2] for fault in faults] == [
        ["mute.html:3:2:", "[input-missing-label]"],
        ["nested.html:3:16:", "[close-order]"],
    ]


def checked(page: Page, names: Iterator[str], axe: str) -> list[str]:
    """The names of all pages of a walk, each of which was found without fault."""
    problems: dict[str, Any] = {}
    seen = []
    sources = Sources()
    sources.follow(page)
    for name in names:
        seen.append(name)
        sources.keep(name)
        found = page.evaluate(RULES) + overflows(page) + breaches(page, axe)
        if found:
            problems[name] = found
    assert problems == {}, problems
    assert sources.faults() == []
    assert len(seen) == len(set(seen))
    return seen


def overflows(page: Page) -> list[str]:
    """Whether the page is wider than a telephone; the window is wide again afterwards."""
    page.set_viewport_size(PHONE)
    over = page.evaluate(OVERFLOW)
    page.set_viewport_size(DESK)
    return [f"{over} px too wide for a telephone"] if over else []


def breaches(page: Page, axe: str) -> list[str]:
    """The rules of axe that the page breaks. Only colours differ in the dark."""
    page.evaluate(axe)
    found = []
    for scheme, options in (("dark", "{ runOnly: ['color-contrast'] }"), ("light", "{}")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate(SETTLE)
        violations = page.evaluate(f"async () => (await axe.run({options})).violations")
        found += [f"{scheme}: {one['id']}: {[node['html'] for node in one['nodes']]}" for one in violations]
    return found
