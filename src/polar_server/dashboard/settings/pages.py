"""`/dashboard/{slug}/settings`: an organization's words about itself, how it sells, a new start for tests, the end."""

from collections.abc import Mapping

from litestar import get, post

from polar_server import sample_data
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.dashboard.settings import deletion_pages, forms
from polar_server.html import Page
from polar_server.html.words import duration
from polar_server.resource_server.countries import NAMES
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import ApiError
from polar_server.resources.organizations import operations, queries
from polar_server.resources.organizations.answers import organization_of
from polar_server.resources.organizations.schemas import Organization
from polar_server.sample_data import NotATestOrganization, ResetRunning

_AREA = f"{PREFIX}/settings"


@get(_AREA)
async def show_settings(place: GivenPlace) -> Page:
    """A form for managers, to be read by members."""
    organization = await _find(place)
    return _settings_page(place, organization, forms.form_of(organization))


@post(_AREA, status_code=303)
async def submit_settings(place: GivenPlace) -> Page:
    """Save what was changed."""
    form = await place.read_form()
    place.require_manager()
    organization = await _find(place)
    sent, errors = forms.read_settings(form, organization)
    if sent is None:
        return _settings_page(place, organization, form, 422, errors)
    try:
        await operations.update_organization(place.server, place.caller, organization.id, sent)
    except ApiError as refused:
        return _settings_page(place, organization, form, refused.status, forms.errors_in_words(refused))
    return place.go("settings", done="saved")


@post(f"{_AREA}/reset", status_code=303)
async def submit_reset(place: GivenPlace) -> Page:
    """Empty a test organization and fill it with sample data again."""
    form = await place.read_form()
    place.require_manager()
    if form.get("sure") != "true":
        return await _not_reset(place, 422, "Tick the box to say that all of it may go.")
    try:
        await sample_data.reset(place.server, place.organization_id, place.caller.actor)
    except NotATestOrganization:
        return await _not_reset(place, 409, "Nothing was removed: what is sold here is real.")
    except ResetRunning as running:
        return await _not_reset(
            place, 409, f"This was done a moment ago. Try again in {duration(running.retry_after)}."
        )
    return place.go("settings", done="reset")


async def _find(place: Place) -> Organization:
    async with place.server.database.read() as tx:
        row = await queries.find_organization(tx, place.organization_id, place.caller.reach())
    return organization_of(operations.present(row))


async def _not_reset(place: Place, status: int, sentence: str) -> Page:
    organization = await _find(place)
    field = "sure" if organization.is_test else "form"
    return _settings_page(place, organization, forms.form_of(organization), status, {field: sentence})


def _settings_page(
    place: Place,
    found: Organization,
    form: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Page:
    return place.render(
        "settings/settings",
        status,
        found=found,
        form=form,
        errors=dict(errors or {}),
        countries=NAMES,
        currencies=sorted(MINIMUM_AMOUNTS),
        tax_behaviors=forms.TAX_BEHAVIORS,
        prorations=forms.PRORATIONS,
    )


routes = [show_settings, submit_settings, submit_reset, *deletion_pages.routes]
