"""`/dashboard/{slug}/benefits/{id}/grants`: who has a benefit, or had it, and with which license key."""

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.benefits import forms
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace
from polar_server.dashboard.sales import find_customers
from polar_server.html import Page
from polar_server.resources.benefit_grants import license_key_queries, queries
from polar_server.resources.benefit_grants import operations as key_operations
from polar_server.resources.benefit_grants.answers import grants_of
from polar_server.resources.benefit_grants.license_key_schemas import LicenseKeyUpdate
from polar_server.resources.benefit_grants.queries import GrantFilter
from polar_server.resources.benefits import operations
from polar_server.resources.benefits.operations import present

_GRANTS = f"{PREFIX}/benefits/{{benefit_id:str}}/grants"
STATES = {"granted": True, "revoked": False}
"""Whether a grant is live, by the value of the filter."""


@get(_GRANTS)
async def show_grants(place: GivenPlace, benefit_id: FromPath[str]) -> Page:
    """The grants, newest first, of customers whose name or address fits; keys are shown by their ends."""
    asked = asked_of(place.request, queries.SORTING, "-created_at", state=tuple(STATES))
    reach = place.caller.reach()
    async with place.server.database.read() as tx:
        benefit = await operations.shown(tx, benefit_id, place.caller)
        wanted = GrantFilter(
            organization_ids=reach,
            customer_ids=await find_customers(tx, reach, asked.query),
            benefit_id=benefit_id,
            is_granted=STATES.get(asked.chosen["state"]),
        )
        rows, total = await queries.list_grants(tx, wanted, asked.order, PER_PAGE, asked.offset)
        grants = await grants_of(tx, rows, reach)
        keys = await license_key_queries.list_of_grants(tx, [row["id"] for row in rows], place.organization_id)
    return place.render(
        "benefits/grants",
        listed=asked.of(grants, total),
        benefit=benefit,
        kind=forms.kind_of(benefit),
        keys=keys,
        errors={},
    )


@post(f"{_GRANTS}/{{grant_id:str}}/key", status_code=303)
async def submit_key(place: GivenPlace, benefit_id: FromPath[str], grant_id: FromPath[str]) -> Page:
    """Disable the license key of a live grant, or make it valid again."""
    form = await place.read_form()
    async with place.server.database.read() as tx:
        grant = present(await queries.find_live(tx, grant_id, place.organization_id))
        keys = await license_key_queries.list_of_grants(tx, [grant_id], place.organization_id)
    key = present(keys.get(grant_id) if grant["benefit_id"] == benefit_id else None)
    disables = form.get("disabled") == "true"
    sent = LicenseKeyUpdate(status="disabled" if disables else "granted")
    await key_operations.update_license_key(place.server, place.caller, key["id"], sent)
    return place.go("benefits", benefit_id, "grants", done="disabled" if disables else "enabled")


routes = [show_grants, submit_key]
