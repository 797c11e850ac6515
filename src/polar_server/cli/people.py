"""`user`: people with an account."""

import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from polar_server import accounts
from polar_server.accounts import fields, operators, people
from polar_server.accounts.lost_factors import ShutOut, Taken, letter_about, take_second_factor
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import EmailTaken, NewPerson, Person
from polar_server.app import ON_CREDENTIALS_CHANGED
from polar_server.audit import OPERATOR, About, record
from polar_server.cli.opening import Opened, opened
from polar_server.cli.output import Record, Records, Refused, timestamp
from polar_server.database import Database
from polar_server.html import Pages
from polar_server.mail import send_at_once

app = App(name="user", help="People with an account.")
PAGE = 500

Item = TypeVar("Item")
ListPage = Callable[[Database, int, Item | None], Awaitable[list[Item]]]
"""(database, limit, the last item of the page before) -> a page."""
Flag = Annotated[bool, Parameter(negative="")]


@app.command
async def create(
    *, email: str, password: str | None = None, name: str = "", verified: Flag = False, operator: Flag = False
) -> Record:
    """Make an account.

    Parameters
    ----------
    email
        The address they sign in with.
    password
        Left out, it is asked for on the terminal, or read from standard input.
    name
        What others see; the address up to the @ when left out.
    verified
        Take the address as confirmed.
    operator
        Let them run the server from its pages under /admin.
    """
    try:
        address = fields.email(email)
        chosen = fields.new_password(address)(_ask_password() if password is None else password)
        shown = fields.name(name or address.partition("@")[0])
    except fields.Unacceptable as error:
        raise Refused(f"The account was not made. {error}") from error
    async with opened() as at:
        new = NewPerson(address, shown, await hashed(chosen), verified=verified, operator=operator)
        try:
            async with at.database.write() as transaction:
                person = await people.create_user(transaction, new, at.now)
                about = About(user_id=person.id, id=person.id)
                facts = {"operator": True} if operator else {}
                await record(transaction, OPERATOR, "account.created", about, at.now, **facts)
        except EmailTaken as error:
            raise Refused(f"{address} has an account already. `polar-server user list` shows it.") from error
    return Record(f"{address} can sign in now.", values_of(person))


@app.command(name="list")
async def list_people() -> Records:
    """List everybody, in the order they came."""
    async with opened() as at:
        found = await everything(people.list_users, at.database)
    return Records(
        [values_of(person) for person in found],
        ("id", "email", "name", "email_verified", "disabled_at", "created_at"),
        "Nobody has an account yet. `polar-server user create` makes one.",
    )


@app.command
async def disable(email: str, /) -> Record:
    """Shut a person out: sessions and tokens end with the next request.

    Parameters
    ----------
    email
        The address they sign in with.
    """
    async with opened() as at:
        person = await person_called(at.database, email)
        async with at.database.write() as transaction:
            await people.disable_user(transaction, person.id, at.now, ON_CREDENTIALS_CHANGED)
        disabled = await person_called(at.database, email)
    return Record(f"{disabled.email} is shut out.", values_of(disabled))


@app.command(name="operator")
async def set_operator(email: str, /, *, end: Flag = False) -> Record:
    """Let a person run the server from its pages under /admin, or no longer.

    Parameters
    ----------
    email
        The address they sign in with.
    end
        Take the right from them.
    """
    async with opened() as at:
        person = await person_called(at.database, email)
        change = operators.end_operator if end else operators.make_operator
        async with at.database.write() as transaction:
            await change(transaction, person.id, at.now)
        changed = await person_called(at.database, email)
    return Record(f"{changed.email} {'does not run' if end else 'runs'} the server now.", values_of(changed))


@app.command
async def reset_second_factor(email: str, /) -> Record:
    """Take passkeys and one-time codes from somebody who lost them, end their sessions, and mail them how to sign in.

    Make sure first that it is they who ask: the password alone opens the account then, or, without one, a link by mail.

    Parameters
    ----------
    email
        The address they sign in with.
    """
    async with opened() as at:
        person = await person_called(at.database, email)
        try:
            async with at.database.write() as transaction:
                taken = await take_second_factor(transaction, person.id, at.now)
        except ShutOut as error:
            raise Refused(
                f"{person.email} is shut out. Let them in again first, on their page under /admin."
            ) from error
        mailed = taken is not None and await _mailed(at, taken)
    if taken is None:
        unchanged = f"{person.email} has neither passkeys nor one-time codes; nothing was changed."
        return Record(unchanged, values_of(person))
    removed = {"passkeys_removed": taken.passkeys, "codes_removed": taken.codes, "mailed": mailed}
    return Record(_what_is_left(at, taken, mailed=mailed), values_of(person) | removed)


def _what_is_left(at: Opened, taken: Taken, *, mailed: bool) -> str:
    by_mail = f"a password that they choose at {at.settings.issuer}/forgot-password"
    way = by_mail if taken.person.password_hash is None else "their password alone"
    told = "A mail tells them." if mailed else "The mail about it could not be sent: tell them yourself."
    return f"{taken.person.email} signs in with {way}. {told}"


async def _mailed(at: Opened, taken: Taken) -> bool:
    folder = Path(accounts.__path__[0]) / "templates"
    pages = Pages({"accounts": folder}, at.settings, at.server_keys)
    return await send_at_once(at.settings, letter_about(taken, pages, at.now), at.now)


async def everything(list_page: ListPage[Item], database: Database) -> list[Item]:
    """All pages of a list, one after the other."""
    found = page = await list_page(database, PAGE, None)
    while len(page) == PAGE:
        page = await list_page(database, PAGE, page[-1])
        found = [*found, *page]
    return found


async def person_called(database: Database, email: str) -> Person:
    """The person with this address. Raises Refused."""
    address = fields.normalized_email(email)
    person = await people.find_user_by_email(database, address) if address else None
    if person is None:
        raise Refused(f"Nobody has an account for {email}. `polar-server user list` shows who does.")
    return person


async def hashed(password: str) -> str:
    """What is stored of a password."""
    passwords = Passwords(workers=1)
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def values_of(person: Person) -> dict[str, Any]:
    """A person as programs read them."""
    return {
        "id": person.id,
        "email": person.email,
        "email_verified": person.email_verified_at is not None,
        "name": person.name,
        "picture": person.picture,
        "operator": person.operator,
        "disabled_at": timestamp(person.disabled_at),
        "created_at": timestamp(person.created_at),
    }


def _ask_password() -> str:
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
