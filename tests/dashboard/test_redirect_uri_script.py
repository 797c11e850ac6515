"""The script of the form of apps says of a redirect URI what the server says."""

import json
import subprocess
from pathlib import Path

from polar_server.dashboard.apps import forms
from polar_server.html import static

URIS = """
https://a.example/cb http://a.example/cb http://localhost/cb http://localhost:8001/cb http://127.0.0.1:1/ http://[::1]/cb
http://127.0.0.2/ http://LOCALHOST/ HTTPS://a.example/ shelf //a.example/ /cb : https: https:/a.example https:///cb
https://a.example#x https://*.example/cb https://a.example/*/cb com.example.app:/cb com.example.app://cb
com.example.app:cb com:/cb Com.example.app:/cb com.example.app://u@h/ javascript:alert(1) data:x mailto:a@b.example
https://u@a.example/ https://u:p@a.example/ https://a.example:0/ https://a.example:65535/ https://a.example:65536/
https://a.example:/ https://a.example:8o/ https://a_b.example/ https://-a.example/ https://a-.example/ https://a..example/
https://a.example./ https://1.2.3.4/ https://1.2.3/ https://1.2.3.04/ https://256.1.1.1/ https://1.2.3.4./ https://0x7f.1/
https://a.0x7f/ https://a.1/ https://[::1]/ https://[1::2::3]/ https://[::1%25eth0]/ https://[::ffff:1.2.3.4]/ https://[x]/
https://[]/ https://[::1/ https://::1/ https://a.example/.. https://a.example/../cb https://a.example/./cb
https://a.example/%2e%2E/cb https://a.example/a%2fb https://a.example/a%5cb https://a.example/%00 https://a.example/a;../b
https://a.example/..a/ https://a.example/cb?x=1 https://a.example/cb?code=1 https://a.example/cb?a=1;state=2
https://a.example/cb?c%6fde=1 https://a.example/cb?iss https://a.example/cb?code%00=1 https://a.example/cb?
https://a.example/ü https://a.example/"x" https://a.example/\\x https://a.example/{x} https://a.example/<x> https://ü.example/
https://a.example/% https://a.example/%zz https://a.example/%ff?%ff=1 https://a.example? https://a.example:80?code=
""".split()  # noqa: SIM905 - a list of addresses is read and changed as words
URIS += ["https://a.example/" + "x" * 1_982, "https://a.example/" + "x" * 1_983, "http://a.example/" + "x" * 200]
URIS += ["https://a.example/a b", f"https://{'a' * 63}.example/", f"https://{'a' * 64}.example/"]

SCRIPT = """
import { mistakes } from './redirect_uris.mjs'
const { texts } = JSON.parse(process.argv[2])
console.log(JSON.stringify(texts.map((text) => [false, true].map((isPublic) => mistakes(text, isPublic)))))
"""


def test_the_script_says_what_the_server_says(tmp_path: Path) -> None:
    """Word for word, of good addresses and of every kind of mistake, for both kinds of apps and on several lines."""
    texts = [*URIS, "\n".join(URIS[:12]), f"\n{URIS[1]}\n\n  {URIS[10]}  \n"]
    (tmp_path / "redirect_uris.mjs").write_bytes(static.FILES["redirect_uris.js"].content)
    (tmp_path / "said.mjs").write_text(SCRIPT)
    command = ["node", str(tmp_path / "said.mjs"), json.dumps({"texts": texts})]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    expected = [[forms.redirect_uri_errors(text, public=public) for public in (False, True)] for text in texts]
    assert dict(zip(texts, said, strict=True)) == dict(zip(texts, expected, strict=True))
    refused = [text for text, sentences in zip(texts, expected, strict=True) if all(sentences)]
    assert len(refused) > 50
    assert len(texts) - len(refused) > 20
