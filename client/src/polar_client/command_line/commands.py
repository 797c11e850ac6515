"""The commands together, and exit codes: 0; 1 refused or failed; 2 wrong usage; 3 not signed in."""

from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from polar_client.clients import client_version
from polar_client.command_line import account, listening, selling
from polar_client.command_line.output import Refused, complain, show
from polar_client.errors import (
    ApiError,
    ConnectionError,
    NotFoundError,
    PolarError,
    ServerError,
    TimeoutError,
    UnauthorizedError,
)
from polar_client.oauth import SignInRequired

FAILED, USAGE, NOT_SIGNED_IN = 1, 2, 3

app = App(name="polar", version=client_version(), help="Polar from the command line.")
app.command(account.login)
app.command(account.logout)
app.command(account.whoami)
app.command(selling.products)
app.command(selling.customers)
app.command(selling.orders)
app.command(selling.subscriptions)
app.command(selling.checkouts)
app.command(listening.webhooks)


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    json: Annotated[bool, Parameter(negative="", help="Print JSON, for programs.")] = False,
) -> None:
    """Run one command and print its answer."""
    answer = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    if answer is not None:
        show(answer, as_json=json)


def run(arguments: list[str]) -> int:
    """Run a command. The exit code."""
    try:
        app.meta(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except (CycloptsError, Refused, PolarError, OSError, ValueError, KeyboardInterrupt) as error:
        code, message = _outcome(error)
        complain(message, as_json="--json" in arguments)
        return code
    return 0


def _outcome(error: BaseException) -> tuple[int, str]:
    """The exit code, and a message that says what happened and what to do."""
    match error:
        case CycloptsError():
            return USAGE, f"{error} `polar --help` shows how."
        case ValueError():
            return USAGE, str(error)
        case SignInRequired():
            return NOT_SIGNED_IN, f"{error} Run `polar login`."
        case UnauthorizedError():
            return NOT_SIGNED_IN, f"The server does not accept the sign-in any more. {error.detail} Run `polar login`."
        case KeyboardInterrupt():
            return FAILED, "It was stopped."
        case _:
            return FAILED, _failure(error)


def _failure(error: Any) -> str:
    if isinstance(error, ConnectionError | TimeoutError):
        return f"{error}. Check that the server runs, then try again."
    if isinstance(error, NotFoundError):
        return "There is no such thing, or it is somebody else's. The lists show what there is."
    if isinstance(error, ServerError):
        return f"The server failed. {error}. Try again later."
    return f"The server refused. {error.detail}" if isinstance(error, ApiError) else str(error)
