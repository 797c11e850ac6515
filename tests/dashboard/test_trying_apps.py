"""Trying an app from the dashboard, its ready code, and its events."""

import ast
import asyncio
import json
import os
import re
from html import unescape
from pathlib import Path

import httpx
from tests.world import ISSUER, World, query_of

from .conftest import Desk
from .test_apps import APPS, CALLBACK, registered

_BUTTON = re.compile(r'class="button primary" href="([^"]*)"')


async def _answered(desk: Desk, page: str, action: str = "allow", query: str = "", **choice: str) -> str:
    """The address at which the developer is back after the consent page; the way back is registered on the way."""
    opened = await desk.browser.open(f"{page}/try{query}")
    if "Add this redirect URI" in opened.text:
        assert (await desk.browser.submit(f"{page}/try/redirect-uri")).headers["location"] == f"{page}/try?done=added"
        opened = await desk.browser.open(f"{page}/try{query}")
    (address,) = _BUTTON.findall(opened.text)
    request = await desk.browser.open(unescape(address).removeprefix(ISSUER))
    if request.status_code != 303:
        request = await desk.browser.submit("/oauth2/consent", action=action, **choice)
    return request.headers["location"]


async def _exchanged(desk: Desk, page: str, **typed: str) -> httpx.Response:
    """The page that follows the exchange of the code."""
    moved = await desk.browser.submit(f"{page}/try/token", **typed)
    assert moved.status_code == 303
    return await desk.browser.open(moved.headers["location"])


async def _checks(desk: Desk) -> list[str]:
    """What the present page says holds."""
    return re.findall(r'<span class="unseen">(Holds|Does not hold): ', desk.browser.page.text)


async def test_a_whole_sign_in_is_shown_and_its_tokens_revoked(world: World, desk: Desk) -> None:
    """Each step shows request and answer, never the secret; a reload replays nothing, and at the end all is dead."""
    made = await registered(desk, **{"scope-email": "true"})
    page = f"{APPS}/{made.client_id}"
    await desk.browser.open(await _answered(desk, page))
    assert await _checks(desk) == ["Holds", "Holds"]
    wrong = await _exchanged(desk, page, client_secret="polar_cs_wrong")
    assert "invalid_client" in wrong.text
    done = await _exchanged(desk, page, client_secret=f" {made.client_secret} ")
    assert await _checks(desk) == ["Holds"] * 6
    assert "owner@example.com" in done.text
    assert "client_secret=(the secret)" in done.text
    assert str(made.client_secret) not in done.text
    headers = {"Authorization": f"Bearer {re.findall('polar_at_u_[0-9A-Za-z]+', done.text)[0]}"}
    assert (await world.http.get("/v1/oauth2/userinfo", headers=headers)).status_code == 200
    reloaded = await desk.browser.open(str(done.url).removeprefix(ISSUER))
    assert ("This attempt was shown already" in reloaded.text, "polar_at_u_" in reloaded.text) == (True, False)
    assert (await world.http.get("/v1/oauth2/userinfo", headers=headers)).status_code == 200
    assert (await desk.browser.submit(f"{page}/try/end")).headers["location"] == f"{page}/try?done=ended"
    assert (await world.http.get("/v1/oauth2/userinfo", headers=headers)).status_code == 401

    await world.server.client_events.write()
    events = (await desk.browser.open(f"{page}/events")).text
    for words in ("Somebody allowed the app", "A code was exchanged for tokens", "invalid_client: wrong secret"):
        assert words in events
    assert "203.0.113.5" not in events.split("Somebody was asked")[1].split("</tr>")[0], "people's addresses are theirs"
    refusals = (await desk.browser.open(f"{page}/events?kind=refused")).text
    assert ("wrong secret" in refusals, "Somebody allowed" in refusals) == (True, False)


async def test_an_attempt_belongs_to_its_session_and_app(world: World, desk: Desk) -> None:
    """A refusal is explained; an answer that began elsewhere is shown, and its code not used; a code works once."""
    made = await registered(desk, kind="public", redirect_uris=CALLBACK)
    page = f"{APPS}/{made.client_id}"
    refused = await desk.browser.open(await _answered(desk, page, "deny"))
    assert "The person said no" in refused.text
    assert await _checks(desk) == ["Holds", "Holds"]

    other = await registered(desk, kind="public")
    back = await _answered(
        desk, page, query="?scope=products:read&sub_type=organization", organization_id=desk.organization_id
    )
    elsewhere = await desk.browser.open(back.replace(made.client_id, other.client_id))
    assert await _checks(desk) == ["Does not hold", "Holds"]
    assert "Exchange the code" not in elsewhere.text
    assert "There are none" in (await desk.browser.open(f"{page}/try/callback")).text

    step = await desk.browser.open(back)
    assert "Client secret" not in step.text
    done = await _exchanged(desk, page)
    assert "There is no ID token" in done.text
    assert "polar_at_o_" in done.text
    desk.browser.page = step
    again = await _exchanged(desk, page)
    assert "invalid_grant" in again.text
    assert "is not sent a second time" in (await desk.browser.open(f"{page}/try/refused")).text
    desk.browser.page = step
    altered = query_of(back)["state"][0][:-1] + "x"
    assert (await desk.browser.submit(f"{page}/try/token", state=altered)).headers["location"].endswith("done=stale")
    desk.browser.page = done
    assert (await desk.browser.submit(f"{page}/try/end", reference="x")).headers["location"].endswith("done=stale")


async def test_the_code_is_ready(desk: Desk, tmp_path: Path) -> None:
    """In each language it is well formed and has the app's real ids, whatever is in them; its secret is in none."""
    redirect_uri = "https://shelf.example/it's$(x)"
    for kind in ("confidential", "public"):
        made = await registered(desk, kind=kind, redirect_uris=redirect_uri)
        page = await desk.browser.open(f"{APPS}/{made.client_id}/code")
        snippets = [unescape(text) for text in re.findall(r"<pre [^>]*>([^<]*)</pre>", page.text)]
        curl, python, javascript = snippets
        assert all(made.client_id in text for text in snippets)
        assert {("POLAR_CLIENT_SECRET" in text) for text in snippets} == {kind == "confidential"}
        assert "polar_cs_" not in page.text
        assert redirect_uri in _constants(python)
        (tmp_path / "snippet.mjs").write_text(javascript)
        await _run("node", "--check", str(tmp_path / "snippet.mjs"))
        assert json.dumps(redirect_uri) in javascript
        sent = await _run("sh", "-euc", curl.replace("curl -s", "echo curl -s"))
        assert f"redirect_uri={redirect_uri}" in sent
        assert ("client_secret=kept" in sent) is (kind == "confidential")


def _constants(python: str) -> set[object]:
    return {node.value for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Constant)}


async def _run(*command: str) -> str:
    """What a command prints. It has a secret in its environment, and must succeed."""
    environment = {"PATH": os.environ["PATH"], "POLAR_CLIENT_SECRET": "kept"}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()
