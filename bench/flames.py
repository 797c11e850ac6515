"""A flame graph: how often each function was seen, below those that called it. SVG by hand, light and dark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

_WIDTH, _ROW, _TOP, _MARGIN = 1200, 17, 44, 10
_LEAST = 0.004
"""The share of all samples below which a function is not drawn."""
_LETTER = 6.3
"""Pixels of a letter in a box."""
_SHORTEST = 3
"""Letters of a label below which there is none."""
_STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --own: 70%; }
  @media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #f0f6fc; --own: 32%; } }
  text { font: 11px ui-monospace, monospace; fill: var(--ink); }
  .title { font: 600 15px system-ui, sans-serif; } .paper { fill: var(--paper); }
  .ours { fill: hsl(212 75% var(--own)); } .db { fill: hsl(265 50% var(--own)); }
  .other { fill: hsl(30 12% var(--own)); }
"""
Stacks = Mapping[tuple[str, ...], int]


@dataclass(slots=True)
class _Box:
    """A function called from a place, with all that it called."""

    samples: int = 0
    callees: dict[str, "_Box"] = field(default_factory=dict)


def folded(text: str) -> dict[tuple[str, ...], int]:
    """Stacks of py-spy's raw format: `outer (file);inner (file) samples`, with line numbers left out."""
    stacks: dict[tuple[str, ...], int] = {}
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        stack = tuple(_without_line(frame) for frame in frames.split(";"))
        stacks[stack] = stacks.get(stack, 0) + int(count)
    return stacks


def draw(title: str, stacks: Stacks) -> str:
    """The picture. Callers stand above what they call, the widest first by name."""
    root = _tree(stacks)
    boxes: list[str] = []
    depth = _draw(root, 0, _MARGIN, (_WIDTH - 2 * _MARGIN) / max(root.samples, 1), root.samples, boxes)
    height = _TOP + (depth + 1) * _ROW + _MARGIN
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    shown = escape(f"{title}: {root.samples:,} samples, outermost functions on top; wider is more time")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
            f'<title id="title">{shown}</title>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
            f'<text class="title" x="{_MARGIN}" y="26">{shown}</text>',
            *boxes,
            "</svg>\n",
        ]
    )


def _tree(stacks: Stacks) -> _Box:
    root = _Box()
    for stack, count in stacks.items():
        box = root
        box.samples += count
        for frame in stack:
            box = box.callees.setdefault(frame, _Box())
            box.samples += count
    return root


def _draw(box: _Box, depth: int, x: float, scale: float, total: int, into: list[str]) -> int:
    """Draw what a box calls below it; how deep that goes."""
    deepest = depth
    for name, callee in sorted(box.callees.items()):
        width = callee.samples * scale
        if callee.samples >= total * _LEAST:
            into.append(_rect(name, callee.samples / total, depth, x, width))
            deepest = max(deepest, _draw(callee, depth + 1, x, scale, total, into))
        x += width
    return deepest


def _rect(name: str, share: float, depth: int, x: float, width: float) -> str:
    y, letters = _TOP + depth * _ROW, int((width - 4) / _LETTER)
    label = name.partition(" ")[0][:letters] if letters >= _SHORTEST else ""
    text = f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(label)}</text>' if label else ""
    # Neighbours of one kind differ a little, always in the same way.
    opacity = 0.72 + crc32(name.encode()) % 28 / 100
    place = f'x="{x:.1f}" y="{y}" width="{max(width - 0.6, 0.3):.1f}" height="{_ROW - 1}"'
    hint = f"<title>{escape(name)}, {share:.1%}</title>"
    return f'<g>{hint}<rect class="{_kind(name)}" opacity="{opacity:.2f}" {place}/>{text}</g>'


def _kind(name: str) -> str:
    if "polar_server/database" in name or "asyncpg" in name or "sqlite" in name:
        return "db"
    return "ours" if "polar_server" in name else "other"


def _without_line(frame: str) -> str:
    """`name (file:12)` as `name (file)`."""
    name, mark, line = frame.rstrip(")").rpartition(":")
    return f"{name})" if mark and line.isdecimal() else frame
