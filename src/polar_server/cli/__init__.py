"""The command line: `polar-server`. Each command reads its arguments, calls one function, and says what came of it."""

from polar_server.cli.commands import main

__all__ = ["main"]
