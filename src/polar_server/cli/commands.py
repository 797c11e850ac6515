"""The commands together, `--json` for all of them, and exit codes: 0, 1 for a refusal, 2 for wrong usage."""

import sys
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from polar_server import __version__
from polar_server.cli.output import Record, Refused, complain, show
from polar_server.database import DatabaseError, Unavailable
from polar_server.database.migrations import MigrationError
from polar_server.settings import SettingsError

app = App(name="polar-server", version=__version__, help="An OAuth 2.0 and OpenID Connect server.")
# Named, not imported: each command loads what it needs, and `serve` nothing that others do.
for name, place in {
    "serve": "serving:serve",
    "worker": "working:worker",
    "migrate": "upkeep:migrate",
    "user": "people:app",
    "organization": "organizations:app",
    "client": "clients:app",
    "keys": "keys:app",
    "settings": "upkeep:list_settings",
    "demo": "demonstration:demo",
    "sweep": "upkeep:sweep",
    "doctor": "doctor:doctor",
}.items():
    app.command(f"polar_server.cli.{place}", name=name)


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    json: Annotated[bool, Parameter(negative="", help="Print JSON, for programs.")] = False,
) -> int:
    """Run one command and print its answer."""
    answer = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    if answer is None:
        return 0
    show(answer, as_json=json)
    if isinstance(answer, Record) and answer.then is not None:
        answer.then()
    return int(answer.exit_code)


def main(arguments: list[str] | None = None) -> None:
    """Run `polar-server` with these arguments, or those of the process, and exit."""
    tokens = sys.argv[1:] if arguments is None else arguments
    sys.exit(_exit_code(tokens))


def _exit_code(tokens: list[str]) -> int:
    as_json = "--json" in tokens
    if not tokens or tokens[0] in {"--help", "-h"}:
        # What each command is for stands beside it.
        app.resolved_commands()
    try:
        code: Any = app.meta(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        complain(f"{error} `polar-server --help` shows how.", as_json=as_json)
        return 2
    except Unavailable as error:
        complain(f"{error} Check POLAR_DATABASE_URL, and that the database runs.", as_json=as_json)
        return 1
    except (Refused, SettingsError, DatabaseError, MigrationError) as error:
        complain(str(error), as_json=as_json)
        return 1
    return int(code or 0)
