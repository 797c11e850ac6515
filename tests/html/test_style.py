"""The stylesheet: small, and legible in light and dark (WCAG 2.2 §1.4.3, §1.4.11)."""

import re

import pytest

from polar_server.html import static

CSS = static.FILES["polar.css"].content.decode()
_LIGHT, _DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("prefers-color-scheme: dark")[:2]
)
SCHEMES = {"light": _LIGHT, "dark": _DARK}
TEXT = [
    *(
        (ink, ground)
        for ink in ("ink", "muted", "accent", "danger", "warn")
        for ground in ("surface", "ground", "sunken")
    ),
    *((kind, f"{kind}-ground") for kind in ("danger", "warn", "good")),
    ("button-ink", "button"),
]


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    """Black on white is 21:1, and a known grey is 4.54:1."""
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ink,ground", TEXT)
def test_text_has_enough_contrast(scheme: str, ink: str, ground: str) -> None:
    """Every pair of text and ground reaches 4.5:1 in both schemes."""
    assert contrast(SCHEMES[scheme][ink], SCHEMES[scheme][ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("edge,ground", [("edge", "surface"), ("accent", "surface"), ("accent", "ground")])
def test_edges_and_focus_can_be_seen(scheme: str, edge: str, ground: str) -> None:
    """The border of a field and the focus ring reach 3:1 in both schemes."""
    assert contrast(SCHEMES[scheme][edge], SCHEMES[scheme][ground]) >= 3


def test_initials_can_be_read_on_every_tint() -> None:
    """White initials reach 4.5:1 on each colour that stands behind them."""
    tints = re.findall(r"--tint: (#[0-9a-f]{6})", CSS)
    assert len(tints) == 6
    assert all(contrast("#ffffff", tint) >= 4.5 for tint in tints)


def test_both_schemes_set_the_same_colours() -> None:
    """No colour of the light scheme is left over in the dark one."""
    assert _LIGHT.keys() == _DARK.keys() - {"tint"}


def test_the_stylesheet_is_small_and_loads_nothing() -> None:
    """It stays below 14 kB, which is one round trip, and names no other file."""
    assert len(CSS) < 14_000
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_motion_stops_for_those_who_ask() -> None:
    """Transitions end under prefers-reduced-motion."""
    assert re.search(r"prefers-reduced-motion: reduce\) \{[^}]*transition: none", CSS)


def test_every_class_in_the_templates_has_a_rule() -> None:
    """A class that no rule knows is a typing error."""
    from tests.html.conftest import FOLDERS, SOURCE

    sheets = "".join(file.content.decode() for name, file in static.FILES.items() if name.endswith(".css"))
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", sheets))
    without_rule = {"bad", "", "identity", "see", "end"}
    for folder in (*FOLDERS.values(), SOURCE / "html" / "templates"):
        for path in folder.rglob("*.html"):
            for classes in re.findall(r'class="([a-z0-9 -]+)"', path.read_text()):
                assert set(classes.split()) <= known | without_rule, path
