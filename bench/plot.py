"""Lines over rounds as a picture: SVG by hand, light and dark."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 150, 52, 40
_LABEL = 15
"""Pixels between two labels at the least."""
_COLOURS = ("ours", "theirs", "third")
_STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --ours: #0969da; --theirs: #818b98;
        --third: #bf5700; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #3d444d; --ours: #4493f8; --theirs: #8b949e;
          --third: #f0883e; }
  }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
  .title { font-size: 15px; font-weight: 600; } .faint { fill: var(--faint); font-size: 11px; }
  .paper { fill: var(--paper); } .line { stroke: var(--line); }
  polyline { fill: none; stroke-width: 2; }
  .ours { stroke: var(--ours); } .theirs { stroke: var(--theirs); } .third { stroke: var(--third); }
"""


def draw(title: str, unit: str, lines: Mapping[str, Sequence[float]]) -> str:
    """A line for each name, a point for each round, at least one; the axis begins at 0. At most three lines."""
    most = max(max(values) for values in lines.values()) or 1
    parts = [_grid(most, unit), _rounds(max(len(values) for values in lines.values()))]
    below = 0.0
    for colour, (name, values) in zip(_COLOURS, sorted(lines.items(), key=lambda line: -line[1][-1]), strict=False):
        points = [(_x(place, len(values)), _y(value, most)) for place, value in enumerate(values)]
        parts.append(_line(colour, points))
        below = max(points[-1][1] + 4, below + _LABEL)
        parts.append(_text(_WIDTH - _RIGHT + 8, below, f"{name}: {values[-1]:,.1f}"))
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">'
    names = [f'<title id="title">{escape(title)}</title>', f'<desc id="desc">{escape(_words(lines, unit))}</desc>']
    paper = f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>'
    shown = _text(20, 30, title, "title")
    return "\n".join([head, *names, f"<style>{_STYLE}</style>", paper, shown, *parts, "</svg>\n"])


def _grid(most: float, unit: str) -> str:
    parts = []
    for share in (0, 0.5, 1):
        y = _y(most * share, most)
        parts.append(f'<line class="line" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(8, y + 4, f"{most * share:,.1f} {unit}", "faint"))
    return "\n".join(parts)


def _rounds(count: int) -> str:
    ends = {1, count}
    labels = [_text(_x(number - 1, count) - 3, _HEIGHT - _BOTTOM + 18, str(number), "faint") for number in sorted(ends)]
    return "\n".join([*labels, _text(_LEFT + 150, _HEIGHT - 8, "rounds of exchanges, expiry and sweep", "faint")])


def _line(colour: str, points: Sequence[tuple[float, float]]) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline class="{colour}" points="{places}"/>'


def _words(lines: Mapping[str, Sequence[float]], unit: str) -> str:
    """Every line in words, for who does not see the picture."""
    return " ".join(f"{name}: {', '.join(f'{each:,.1f}' for each in values)} {unit}." for name, values in lines.items())


def _x(place: int, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / max(count - 1, 1)


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / most


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attribute}>{escape(text)}</text>'
