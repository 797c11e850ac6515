"""`/admin/people`: everybody with an account; shut out and let in again, their sessions ended, operators made."""

from collections.abc import Awaitable, Callable, Sequence

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, SkipValidation

from polar_server.accounts import operators, people, sessions
from polar_server.accounts.lost_factors import ShutOut, letter_about, take_second_factor
from polar_server.accounts.operators import LastOperator
from polar_server.accounts.organizations import list_memberships
from polar_server.accounts.people import CredentialsChanged
from polar_server.audit import About, record
from polar_server.authorization_server import client_queries
from polar_server.authorization_server.client_authentication import storable
from polar_server.dashboard.admin import queries
from polar_server.dashboard.admin.operation import AREA, GivenOperation, Operation
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.database import Row, Transaction
from polar_server.html import Page

_AREA = f"{AREA}/people"
_ONE = f"{_AREA}/{{user_id:str}}"
_MOST_APPS = 50

GivenEnds = NamedDependency[SkipValidation[Sequence[CredentialsChanged]]]

IS_OPERATOR = "This person runs the server. Take that right from them first."
IS_SHUT_OUT = "The account is shut out. Let this person in again first: until then nothing opens it."
IS_LAST = "Nobody else runs the server. Give the right to somebody else first."

SENTENCES = {
    "disabled": "An operator of the server shut your account out: nobody can sign in to it, and what was open ended.",
    "enabled": "An operator of the server let your account in again. You can sign in.",
    "sessions": "An operator of the server ended every session of your account. Sign in again where you need it.",
    "made": "You run the server from now on: its people, organizations, apps and keys are under Operation.",
    "ended": "You do not run the server any more. Your account stays as it is.",
}
"""What the person is told by mail."""


@get(_AREA)
async def show_people(operation: GivenOperation) -> Page:
    """Everybody, newest first, by name or address."""
    asked = asked_of(operation.request, queries.PEOPLE_SORTING, "-created_at", state=("disabled", "operators"))
    wanted = {"query": asked.query or None, "state": asked.chosen["state"] or None}
    async with operation.database.read() as tx:
        listed = await queries.find(tx, queries.PEOPLE, wanted, asked.order, PER_PAGE, asked.offset)
    return operation.render("people", listed=asked.of(*listed))


@get(_ONE)
async def show_person(operation: GivenOperation, user_id: FromPath[str]) -> Page:
    """A person: where they are signed in, what they belong to, and what can be done."""
    return await _person_page(operation, await _find(operation, user_id))


@post(f"{_ONE}/disable", status_code=303)
async def submit_disabling(
    operation: GivenOperation, user_id: FromPath[str], on_credentials_changed: GivenEnds
) -> Page:
    """Shut somebody out: sessions and tokens end at once."""
    await operation.read_act("people", user_id)
    person = await _find(operation, user_id)
    if person["operator"]:
        return await _person_page(operation, person, IS_OPERATOR)

    async def disable(tx: Transaction) -> bool:
        return await people.disable_user(tx, person["id"], operation.now, on_credentials_changed, operation.actor)

    return await _done(operation, person, "disabled", disable)


@post(f"{_ONE}/enable", status_code=303)
async def submit_enabling(operation: GivenOperation, user_id: FromPath[str]) -> Page:
    """Let somebody sign in again."""
    await operation.read_act("people", user_id)
    person = await _find(operation, user_id)
    return await _done(
        operation, person, "enabled", lambda tx: people.enable_user(tx, person["id"], operation.now, operation.actor)
    )


@post(f"{_ONE}/sessions", status_code=303)
async def submit_end_of_sessions(operation: GivenOperation, user_id: FromPath[str]) -> Page:
    """Sign somebody out everywhere. Apps keep what they were allowed."""
    await operation.read_act("people", user_id)
    person = await _find(operation, user_id)

    async def end(tx: Transaction) -> bool:
        kept = operation.session.id if person["id"] == operation.session.user.id else None
        ended = await sessions.end_sessions(tx, person["id"], operation.now, kept)
        about = About(user_id=person["id"], id=person["id"])
        await record(tx, operation.actor, "account.sessions_ended", about, operation.now, sessions=ended)
        return True

    return await _done(operation, person, "sessions", end)


@post(f"{_ONE}/second-factor", status_code=303)
async def submit_reset_of_second_factor(operation: GivenOperation, user_id: FromPath[str]) -> Page:
    """Take passkeys and one-time codes from somebody who lost them."""
    await operation.read_act("people", user_id)
    person = await _find(operation, user_id)
    kept = operation.session.id if person["id"] == operation.session.user.id else None
    try:
        async with operation.database.write() as tx:
            taken = await take_second_factor(tx, person["id"], operation.now, operation.actor, kept)
    except ShutOut:
        return await _person_page(operation, person, IS_SHUT_OUT)
    if taken is not None:
        operation.mailer.post(letter_about(taken, operation.pages, operation.now))
    return operation.go("people", person["id"], done="second_factor")


@post(f"{_ONE}/operator", status_code=303)
async def submit_operator(operation: GivenOperation, user_id: FromPath[str]) -> Page:
    """Give somebody the right to run the server, or take it. The last one keeps it."""
    form = await operation.read_act("people", user_id)
    person = await _find(operation, user_id)
    change, done = (
        (operators.make_operator, "made") if form.get("operator") == "true" else (operators.end_operator, "ended")
    )
    try:
        return await _done(operation, person, done, lambda tx: change(tx, person["id"], operation.now, operation.actor))
    except LastOperator:
        return await _person_page(operation, person, IS_LAST)


async def _done(operation: Operation, person: Row, done: str, change: Callable[[Transaction], Awaitable[bool]]) -> Page:
    """Do it, and tell the person by mail if anything changed."""
    async with operation.database.write() as tx:
        changed = await change(tx)
    if changed:
        operation.tell(person["email"], "account", name=person["name"], change=SENTENCES[done])
    return operation.go("people", person["id"], done=done)


async def _find(operation: Operation, user_id: str) -> Row:
    async with operation.database.read() as tx:
        person = await queries.find_person(tx, storable(user_id))
    if person is None:
        raise NotFoundException
    return person


async def _person_page(operation: Operation, person: Row, refused: str = "") -> Page:
    settings, database = operation.server.settings, operation.database
    async with database.read() as tx:
        apps, total = await client_queries.list_clients_of(tx, person["id"], _MOST_APPS, 0)
    return operation.render(
        "person",
        422 if refused else 200,
        person=person,
        sessions=await sessions.list_sessions(database, settings, person["id"], operation.now),
        memberships=await list_memberships(database, person["id"]),
        apps=apps,
        more_apps=total - len(apps),
        errors={"form": refused} if refused else {},
    )


routes = [
    show_people,
    show_person,
    submit_disabling,
    submit_enabling,
    submit_end_of_sessions,
    submit_reset_of_second_factor,
    submit_operator,
]
