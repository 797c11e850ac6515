"""`organization`: organizations and their members."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from polar_server.accounts import fields, organizations
from polar_server.accounts.organizations import LastOwner, NewOrganization, Organization, SlugTaken
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR, About, record
from polar_server.cli import organization_deletion, organization_tokens, sample_data
from polar_server.cli.opening import opened
from polar_server.cli.output import Record, Records, Refused, timestamp
from polar_server.cli.people import Flag, everything, person_called

app = App(name="organization", help="Organizations and their members.")
app.command(organization_tokens.app)
app.command(sample_data.reset)
app.command(organization_deletion.delete)


@app.command
async def create(
    *, slug: str, name: str, owner: str, is_test: Annotated[Flag, Parameter(name="--test")] = False
) -> Record:
    """Make an organization.

    Parameters
    ----------
    slug
        Its name in URLs: lower-case letters, digits and hyphens.
    name
        What people see.
    owner
        Address of the person who owns it.
    is_test
        Make a test organization, whose data is for trying things out.
    """
    try:
        new = NewOrganization(fields.slug(slug), fields.name(name), is_test)
    except fields.Unacceptable as error:
        raise Refused(f"The organization was not made. {error}") from error
    async with opened() as at:
        person = await person_called(at.database, owner)
        try:
            async with at.database.write() as transaction:
                organization = await organizations.create_organization(transaction, new, person.id, at.now, OPERATOR)
        except SlugTaken as error:
            raise Refused(f"Another organization is called {slug}. Choose another slug.") from error
    return Record(f"{organization.name} is owned by {person.email}.", values_of(organization))


@app.command(name="list")
async def list_organizations() -> Records:
    """List all organizations, the deleted ones too, in the order they came."""
    async with opened() as at:
        found = await everything(organizations.list_organizations, at.database)
    return Records(
        [values_of(organization) for organization in found],
        ("id", "slug", "name", "is_test", "created_at", "deleted_at"),
        "There are none yet. `polar-server organization create` makes one.",
    )


@app.command(name="add-member")
async def add_member(slug: str, email: str, /, *, role: Role = Role.MEMBER) -> Record:
    """Make a person a member, or give a member another role.

    Parameters
    ----------
    slug
        The organization's slug.
    email
        The person's address.
    role
        What they may do there.
    """
    async with opened() as at:
        organization = await organizations.find_organization(at.database, slug)
        if organization is None:
            raise Refused(f"No organization is called {slug}. `polar-server organization list` shows them.")
        person = await person_called(at.database, email)
        try:
            async with at.database.write() as transaction:
                if await organizations.add_member(transaction, organization.id, person.id, role, at.now):
                    about = About(organization.id, person.id, person.id)
                    await record(transaction, OPERATOR, "member.added", about, at.now, role=role.value)
                else:
                    await organizations.change_role(transaction, organization.id, person.id, role, OPERATOR, at.now)
        except LastOwner as error:
            raise Refused(f"{person.email} is the last owner of {slug}. Give it another owner first.") from error
    values = {"organization_id": organization.id, "user_id": person.id, "role": str(role)}
    return Record(f"{person.email} is {role} of {organization.name}.", values)


def values_of(organization: Organization) -> dict[str, Any]:
    """An organization as programs read it."""
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": organization.name,
        "avatar_url": organization.avatar_url,
        "is_test": organization.is_test,
        "created_at": timestamp(organization.created_at),
        "deleted_at": timestamp(organization.deleted_at),
    }
