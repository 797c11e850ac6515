"""The command `polar`: sign in, look at what is sold, and get webhooks on this machine.

`polar_client.command_line.main` is where it begins. It needs the extra `cli`.
"""

import sys
from importlib.util import find_spec

NEEDED = ("cryptography", "cyclopts", "rich")


def main(arguments: list[str] | None = None) -> None:
    """Run `polar` with these arguments, or those of the process, and exit."""
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        sys.exit(f"Error: `polar` needs {' and '.join(lacking)}. Install them: pip install 'polar-client[cli]'")
    # Only now, since these import what may be missing.
    from polar_client.command_line.commands import run  # noqa: PLC0415

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
