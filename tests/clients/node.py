"""Scenarios of Node's client libraries: a script is the client, the test is the person's browser."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.visitors import Answer

FOLDER = Path(__file__).parent / "openid_client"
TIMEOUT = 60


def run(script: str, given: dict[str, Any], browse: Callable[[str], Answer]) -> Any:
    """Run a script with its arguments. `browse` opens each URL it asks for; gives the results it prints."""
    command = ["node", str(FOLDER / script), json.dumps(given)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin, "it is a pipe"
        assert node.stdout, "it is a pipe"
        for line in node.stdout:
            message = json.loads(line)
            if "results" in message:
                node.wait(TIMEOUT)
                return message["results"]
            node.stdin.write(json.dumps(asdict(browse(message["visit"]))) + "\n")
            node.stdin.flush()
    raise AssertionError(f"{script} ended with {node.returncode}; its error is printed above")
