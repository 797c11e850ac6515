"""The metrics page and the overview: the numbers of the API, drawn and told."""

import re
from datetime import UTC, datetime, timedelta

from tests.world import NOW, World

from polar_server import sample_data
from polar_server.html import static
from polar_server.resource_server.money import money

from .conftest import Desk

_TODAY = datetime.fromtimestamp(NOW, UTC).date()
_MOST_BYTES = 60_000
_FILES = ("dashboard.css", "htmx-2.0.11.min.js", "moments.js", "send_once.js", "polar.svg")


def _cells(page: str) -> list[tuple[str, ...]]:
    """The rows of the first table of figures: name, value, what was before."""
    table = page.partition('<table class="rows">')[2].partition("</table>")[0]
    return re.findall(r"<tr><th scope=row>([^<]*)<td>([^<]*)<td>([^<]*)\n", table)


async def _totals(desk: Desk, first: int, last: int) -> dict[str, float]:
    """What the API says of the days that were so many days ago."""
    days = f"start_date={_TODAY - timedelta(first)}&end_date={_TODAY - timedelta(last)}"
    totals: dict[str, float] = (await desk.api.get(f"/v1/metrics/?{days}&interval=day")).json()["totals"]
    return totals


async def test_the_figures_are_those_of_the_api(world: World, desk: Desk) -> None:
    """On the overview and the metrics page, beside those of as many days before; as a chart, a table and a file."""
    await sample_data.fill(world.server, desk.organization_id, NOW)
    present, before = await _totals(desk, 29, 0), await _totals(desk, 59, 30)
    overview, page = (await desk.open()).text, (await desk.open("metrics")).text
    for text in (overview, page):
        for slug in ("revenue", "monthly_recurring_revenue"):
            assert f'<p class="figure">{money(int(present[slug]), "usd")}</p>' in text
        for slug in ("orders", "active_subscriptions"):
            assert f'<p class="figure">{present[slug]}</p>' in text
        percent = round(100 * (present["orders"] - before["orders"]) / before["orders"])
        assert f"{abs(percent)}% {'more' if percent > 0 else 'less'} than in the 30 days before" in text
    assert overview.count('<th scope="row">') == 5
    assert f'<p class="figure">{present["checkouts_conversion"]:.1%}</p>' in page

    assert page.count('role="img"') == page.count("<desc") == page.count('<table class="rows">') == 5
    rows = _cells(page)
    assert (len(rows), rows[-1][0]) == (30, f"{_TODAY.day} {_TODAY:%b %Y}")
    for column, total in ((1, present), (2, before)):
        amounts = [int(re.sub(r"\D", "", row[column])) for row in rows]
        assert sum(amounts) == total["revenue"]
    file = await desk.open("metrics/export?period=30d")
    lines = file.text.splitlines()
    assert (file.headers["content-type"].partition(";")[0], len(lines)) == ("text/csv", 31)
    named = lines[0].split(",")
    assert sum(int(line.split(",")[named.index("revenue")]) for line in lines[1:]) == present["revenue"]

    files = sum(len(static.FILES[name].gzipped) for name in _FILES)
    year = f"start={_TODAY - timedelta(365)}&end={_TODAY}&interval=day"
    asked = ("", "?period=12m", f"?start={_TODAY - timedelta(44)}&end={_TODAY}&interval=day", f"?{year}")
    for address in (*asked, f"?{year}&figure=revenue", f"?start={_TODAY - timedelta(7)}&end={_TODAY}&interval=hour"):
        answer = await desk.open(f"metrics{address}")
        assert answer.status_code == 200
        assert len(answer.content) + files < _MOST_BYTES, address
    assert "show revenue alone" in (await desk.open(f"metrics?{year}")).text
    assert len(_cells((await desk.open(f"metrics?{year}&figure=revenue")).text)) == 366


async def test_a_mistake_is_said_at_its_field(desk: Desk) -> None:
    """What was typed stays, nothing is drawn, and there is no file of it; what can only be chosen is never wrong."""
    wrong = {
        "start=2026-01-01&end=": "end",
        "start=yesterday&end=2026-01-01": "start",
        "start=2022-12-31&end=2023-01-05": "start",
        "start=2026-03-02&end=2026-03-01": "end",
        "start=2026-03-01&end=2026-03-31&interval=hour": "end",
        "timezone=Europe/Berli": "timezone",
    }
    for query, field in wrong.items():
        for page in ("metrics", "metrics/export"):
            answer = await desk.open(f"{page}?{query}")
            assert (answer.status_code, list(desk.errors)) == (422, [field]), query
            assert 'role="img"' not in answer.text
    desk.browser.page = await desk.open("metrics?start=2026-03-01&end=2026-03-31&interval=hour")
    assert desk.errors == {"end": "By hour, the last day is at most 7 days after the first one."}
    assert 'value="2026-03-31"' in desk.browser.page.text
    assert (await desk.open("metrics?period=x&interval=x&figure=x&timezone=")).status_code == 200
    empty = await desk.open("metrics?period=12m&timezone=Asia/Tokyo&figure=revenue")
    assert "Nothing in the 12 months before either" in empty.text
