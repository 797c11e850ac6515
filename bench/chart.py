"""A run as a picture: a panel for each operation, a bar for each server. SVG by hand, light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from bench import goals, names
from bench.comparison import Result
from bench.report import Summary

_DRAWN = (
    "exchange ES256",
    "exchange RS256",
    "refresh",
    "introspect",
    "userinfo",
    "revoke",
    "list products",
    "discovery",
)
_COLUMNS = 2
_WIDTH, _PANEL, _GAP = 920, 430, 20
_TOP = 76
"""What stands above the panels: the title and the key to the colours."""
_LABEL, _BARS = 132, 190
"""Widths of a bar's label and of the longest bar; its number follows."""
_ROW, _HEAD, _GROUP = 19, 30, 20
_TITLE = "CPU time of a request, in microseconds: less is better"
_SIGN = "\N{MULTIPLICATION SIGN}"
_TIMES = (
    f"{_SIGN} is how many times as much as polar-server takes on the same store, or on SQLite beside a store in memory."
)
_STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --ours: #0969da; --ours-db: #80b8f0;
        --theirs: #818b98; --theirs-db: #c4ccd6; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --line: #3d444d; --ours: #4493f8; --ours-db: #25528f;
          --theirs: #8b949e; --theirs-db: #4a525c; }
  }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; } .head { font-size: 13px; font-weight: 600; }
  .faint { fill: var(--faint); font-size: 11px; } .own { font-weight: 600; }
  .paper { fill: var(--paper); } .line { stroke: var(--line); }
  .ours { fill: var(--ours); } .ours-db { fill: var(--ours-db); }
  .theirs { fill: var(--theirs); } .theirs-db { fill: var(--theirs-db); }
"""


@dataclass(frozen=True, slots=True)
class _Panel:
    """An operation's servers, in the order of their stores."""

    operation: str
    summaries: Sequence[Summary]

    @property
    def height(self) -> int:
        stores = {names.store(each.target) for each in self.summaries}
        return _HEAD + _GROUP * len(stores) + _ROW * len(self.summaries) + _GAP


def draw(result: Result) -> str:
    """The picture as a document of its own, readable as an image in Markdown."""
    panels = _panels(result.summaries)
    bodies, y = [], _TOP
    for start in range(0, len(panels), _COLUMNS):
        row = panels[start : start + _COLUMNS]
        for column, panel in enumerate(row):
            bodies.append(_panel(panel, result, _GAP + column * (_PANEL + _GAP), y))
        y += max(panel.height for panel in row)
    return _document(result, panels, bodies, y + 34)


def _document(result: Result, panels: Sequence[_Panel], bodies: Sequence[str], height: int) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
            f'<title id="title">{_TITLE}</title>',
            f'<desc id="desc">{escape(_described(panels))}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
            _text(_GAP, 32, _TITLE, "title"),
            _legend(_GAP, 54),
            *bodies,
            _text(_GAP, height - 30, _TIMES, "faint"),
            _text(_GAP, height - 12, result.title, "faint"),
            "</svg>\n",
        ]
    )


def _panels(summaries: Sequence[Summary]) -> list[_Panel]:
    """Of the operations that are worth a picture; the floor has no place in it."""
    stores = list(names.STORES)
    panels = []
    for operation in _DRAWN:
        shown = [each for each in summaries if each.operation == operation and each.target != goals.FLOOR]
        if shown:
            shown.sort(key=lambda each: (stores.index(names.store(each.target)), not names.is_ours(each.target)))
            panels.append(_Panel(operation, shown))
    return panels


def _panel(panel: _Panel, result: Result, x: int, y: int) -> str:
    most = max(each.total_us for each in panel.summaries)
    parts = [
        f'<line class="line" x1="{x}" y1="{y + 8}" x2="{x + _PANEL}" y2="{y + 8}"/>',
        _text(x, y + 28, names.OPERATIONS[panel.operation], "head"),
    ]
    y += _HEAD
    for store, group in groupby(panel.summaries, key=lambda each: names.store(each.target)):
        parts.append(_text(x, y + 15, names.STORES[store], "faint"))
        y += _GROUP
        for each in group:
            parts.append(_bar(each, result.times_ours(each), x, y, _BARS / most))
            y += _ROW
    return "\n".join(parts)


def _bar(each: Summary, times: float | None, x: int, y: int, scale: float) -> str:
    kind, own = ("ours", "own") if names.is_ours(each.target) else ("theirs", "")
    start, server, database = x + _LABEL, each.server_us * scale, each.database_us * scale
    number = _number(each.total_us) + ("" if times is None else f"  {_times(times)}")
    return "\n".join(
        [
            _text(x, y + 13, names.server(each.target), own),
            _rect(kind, start, y + 2, server),
            _rect(f"{kind}-db", start + server, y + 2, database),
            _text(start + server + database + 6, y + 13, number, own),
        ]
    )


def _legend(x: int, y: int) -> str:
    parts = []
    words = {"ours": "polar-server", "ours-db": "its database", "theirs": "others", "theirs-db": "their database"}
    for kind, word in words.items():
        parts += [_rect(kind, x, y - 10, 12), _text(x + 17, y, word, "faint")]
        x += 30 + 7 * len(word)
    return "\n".join(parts)


def _described(panels: Sequence[_Panel]) -> str:
    """Every bar in words, for who does not see the picture."""
    sentences = []
    for panel in panels:
        bars = ", ".join(f"{names.title(each.target)} {_number(each.total_us)}" for each in panel.summaries)
        sentences.append(f"{names.OPERATIONS[panel.operation]}: {bars}.")
    return " ".join(sentences)


def _number(microseconds: float) -> str:
    return f"{microseconds:,.0f}"


def _times(times: float) -> str:
    return f"{times:.1f}{_SIGN}" if times < 10 else f"{times:.0f}{_SIGN}"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    """Text, its second column a tab apart in the faint colour."""
    first, _, second = text.partition("  ")
    tail = f'<tspan dx="7" class="faint">{escape(second)}</tspan>' if second else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{_class(kind)}>{escape(first)}{tail}</text>'


def _rect(kind: str, x: float, y: float, width: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="13"/>' if width else ""


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
