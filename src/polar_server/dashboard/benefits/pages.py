"""`/dashboard/{slug}/benefits`: the list, a new one of a kind, its change, and its end."""

import json
from collections.abc import Mapping
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from polar_server.dashboard.benefits import forms
from polar_server.dashboard.benefits.grants import routes as grant_routes
from polar_server.dashboard.benefits.sides import Sides, files_for, sides_of
from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.html import Page
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.benefit_grants.queries import count_holders
from polar_server.resources.benefits import operations, queries
from polar_server.resources.benefits.queries import BenefitFilter
from polar_server.resources.benefits.schemas import BenefitCreate, BenefitUpdate

_AREA = f"{PREFIX}/benefits"
_NEW = f"{_AREA}/new/{{kind:str}}"
_ONE = f"{_AREA}/{{benefit_id:str}}"
_SORTED = ("created_at", "description", "type", "id")


@get(_AREA)
async def show_benefits(place: GivenPlace) -> Page:
    """The benefits, newest first, with how many products give each and how many customers have it."""
    columns = {name: queries.SORTING[name] for name in _SORTED}
    asked = asked_of(place.request, columns, "-created_at", kind=tuple(forms.KINDS))
    kind = asked.chosen["kind"]
    wanted = BenefitFilter(
        organization_ids=place.caller.reach(),
        ids=None,
        excluded_ids=None,
        types=json.dumps([kind]) if kind else None,
        query=asked.query or None,
        metadata=NOT_ASKED,
    )
    async with place.server.database.read() as tx:
        rows, total = await queries.list_benefits(tx, wanted, asked.order, PER_PAGE, asked.offset)
        ids = [row["id"] for row in rows]
        given = await queries.count_products(tx, ids, place.organization_id)
        holders = await count_holders(tx, ids, place.organization_id)
    items = [(benefit_of(row), row["type"], given.get(row["id"], 0), holders.get(row["id"], 0)) for row in rows]
    return place.render("benefits/list", listed=asked.of(items, total), kinds=forms.KINDS)


@get(f"{_AREA}/new")
async def show_kinds(place: GivenPlace) -> Page:
    """Which kind of benefit it shall be: that cannot change later."""
    return place.render("benefits/kinds", kinds=forms.KINDS)


@get(_NEW)
async def show_new_benefit(place: GivenPlace, kind: FromPath[str]) -> Page:
    """The form of a new one."""
    return await _form_page(place, _known(kind), {"visible": "true", "timeframe": "year"})


@post(_NEW, status_code=303)
async def submit_new_benefit(place: GivenPlace, kind: FromPath[str]) -> Page:
    """Create a benefit. A product that gives it is the next step."""
    form = await place.read_form()
    sent, errors = forms.sent_of(_known(kind), form)
    if errors:
        return await _form_page(place, kind, form, 422, errors)
    try:
        new: BenefitCreate = read_sent(sent, BenefitCreate)  # type: ignore[arg-type]
        benefit = await operations.create_benefit(place.server, place.caller, new)
    except ApiError as refused:
        return await _form_page(place, kind, form, refused.status, errors_of(refused, forms.FIELDS))
    return place.go("benefits", benefit.id, done="created")


@get(_ONE)
async def show_benefit(place: GivenPlace, benefit_id: FromPath[str]) -> Page:
    """A benefit, the form that changes it, and what it is part of."""
    benefit, sides = await _find(place, benefit_id)
    return await _benefit_page(place, benefit, sides, forms.form_of(benefit))


@post(_ONE, status_code=303)
async def submit_benefit(place: GivenPlace, benefit_id: FromPath[str]) -> Page:
    """Save what was changed; whoever has the benefit has it as it is now."""
    form = await place.read_form()
    benefit, sides = await _find(place, benefit_id)
    sent, errors = forms.sent_of(forms.kind_of(benefit), form, benefit)
    if errors:
        return await _benefit_page(place, benefit, sides, form, 422, errors)
    try:
        changes: BenefitUpdate = read_sent(sent, BenefitUpdate)  # type: ignore[arg-type]
        await operations.update_benefit(place.server, place.caller, benefit_id, changes)
    except ApiError as refused:
        errors = errors_of(refused, forms.FIELDS)
        return await _benefit_page(place, benefit, sides, form, refused.status, errors)
    return place.go("benefits", benefit_id, done="saved")


@get(f"{_ONE}/delete")
async def ask_deletion(place: GivenPlace, benefit_id: FromPath[str]) -> Page:
    """What follows from deleting it, and the button."""
    benefit, sides = await _find(place, benefit_id)
    return place.render("benefits/delete", benefit=benefit, kind=forms.kind_of(benefit), sides=sides, errors={})


@post(f"{_ONE}/delete", status_code=303)
async def submit_deletion(place: GivenPlace, benefit_id: FromPath[str]) -> Page:
    """Delete a benefit; whoever has it loses it."""
    await place.read_form()
    await operations.delete_benefit(place.server, place.caller, benefit_id)
    return place.go("benefits", done="deleted")


def _known(kind: str) -> str:
    """The kind of a new benefit. Raises ResourceNotFound."""
    if kind not in forms.KINDS:
        raise ResourceNotFound
    return kind


async def _find(place: Place, benefit_id: str) -> tuple[Benefit, Sides]:
    async with place.server.database.read() as tx:
        benefit = await operations.shown(tx, benefit_id, place.caller)
        return benefit, await sides_of(tx, place, benefit)


async def _form_page(
    place: Place, kind: str, form: Mapping[str, str], status: int = 200, errors: Mapping[str, str] | None = None
) -> Page:
    values = await _form_values(place, kind, form)
    return place.render("benefits/new", status, kind=kind, errors=dict(errors or {}), **values)


async def _benefit_page(
    place: Place,
    benefit: Benefit,
    sides: Sides,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    kind = forms.kind_of(benefit)
    values = await _form_values(place, kind, form)
    return place.render(
        "benefits/benefit",
        status,
        benefit=benefit,
        kind=kind,
        sides=sides,
        has_plain_values=forms.has_plain_values(benefit),
        errors=dict(errors or {}),
        **values,
    )


async def _form_values(place: Place, kind: str, form: Mapping[str, str]) -> dict[str, Any]:
    files = await files_for(place, forms.ticked_in(form)) if kind == "downloadables" else []
    return {"form": form, "files": files, "kinds": forms.KINDS, "units": forms.UNITS}


routes = [
    show_benefits,
    show_kinds,
    show_new_benefit,
    submit_new_benefit,
    show_benefit,
    submit_benefit,
    ask_deletion,
    submit_deletion,
    *grant_routes,
]
