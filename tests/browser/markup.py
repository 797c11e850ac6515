"""Whether the pages of a walk are valid HTML, as the server sent them: a browser mends what it reads."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Error, Page, Response

_HERE = Path(__file__).parent
_COMMAND = ["node", str(_HERE / "node_modules/html-validate/bin/html-validate.mjs")]
_OPTIONS = ["--config", str(_HERE / "html-validate.mjs"), "--formatter", "text"]


@dataclass
class Sources:
    """Keeps what the server sent for each page of a walk."""

    texts: dict[str, str] = field(default_factory=dict)
    last: Response | None = None

    def follow(self, page: Page) -> None:
        page.on("response", self._response)

    def _response(self, response: Response) -> None:
        # A redirect has no body, and "no content" (204) leaves the page where it is.
        is_html = response.headers.get("content-type", "").startswith("text/html") and response.status != 204
        # What a script asks for, to take a part of it, is a whole page as well.
        if is_html and (response.request.is_navigation_request() or response.request.resource_type == "xhr"):
            self.last = response

    def keep(self, name: str) -> None:
        """Keep the page that is open now: the browser forgets its source at the next one."""
        assert self.last is not None
        try:
            self.texts[name] = self.last.text()
        except Error:
            # A page that posts itself is gone already. The server sends it again.
            assert self.last.request.method == "GET"
            self.texts[name] = self.last.frame.page.request.get(self.last.url).text()

    def faults(self) -> list[str]:
        """`page.html:line:column: error [rule] sentence` for each fault. One html-validate reads all pages."""
        with TemporaryDirectory() as folder:
            for name, text in self.texts.items():
                Path(folder, f"{name}.html").write_text(text)
            done = subprocess.run([*_COMMAND, *_OPTIONS, folder], capture_output=True, text=True, check=False)
        found = [line.replace(f"{folder}/", "") for line in done.stdout.splitlines() if line]
        assert bool(found) == bool(done.returncode), done.stdout + done.stderr
        return found
