"""`/dashboard/{slug}/benefits/{id}/grants`: who has a benefit, or had it."""

from litestar import get
from litestar.params import FromPath

from polar_server.dashboard.benefits import forms
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace
from polar_server.dashboard.sales import find_customers
from polar_server.html import Page
from polar_server.resources.benefit_grants import license_key_queries, queries
from polar_server.resources.benefit_grants.answers import grants_of
from polar_server.resources.benefit_grants.queries import GrantFilter
from polar_server.resources.benefits import operations

STATES = {"granted": True, "revoked": False}
"""Whether a grant is live, by the value of the filter."""


@get(f"{PREFIX}/benefits/{{benefit_id:str}}/grants")
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
        "benefits/grants", listed=asked.of(grants, total), benefit=benefit, kind=forms.kind_of(benefit), keys=keys
    )


routes = [show_grants]
