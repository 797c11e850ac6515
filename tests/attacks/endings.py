"""Situations in which something has ended: a person's access, a membership, a client, a connection, a secret.

Whoever holds a code or tokens from before must find that they are worth nothing.
"""

from collections.abc import Callable, Mapping
from functools import partial

from tests.attacks import apps
from tests.attacks.apps import App
from tests.attacks.people import Person
from tests.attacks.values import Values
from tests.attacks.world import World


def _person_disabled(values: Values) -> None:
    """Somebody with a code and tokens is shut out."""
    values.set(**values.world.once("person disabled", partial(_disable_somebody, values.world)))


def _disable_somebody(world: World) -> dict[str, str]:
    person = world.somebody()
    made = _code_and_tokens(world, world.client_a, person)
    world.server.run("user", "disable", person.email)
    return made


def _member_removed(values: Values) -> None:
    """Ada has a code and tokens for an organization, and is removed from it."""
    values.set(**values.world.once("member removed", partial(_remove_ada, values.world, values["victim_user_id"])))


def _remove_ada(world: World, user_id: str) -> dict[str, str]:
    organization = world.joint_organization("dune", "Dune Theatre")
    made = _code_and_tokens(world, world.client_a, world.ada, **apps.acting_for(organization.id))
    world.bob.browser.open(f"/dashboard/{organization.slug}/members")
    answer = world.bob.browser.submit_to(f"/dashboard/{organization.slug}/members/remove", user_id=user_id)
    assert answer.status == 303, answer.text
    return made


def _client_deleted(values: Values) -> None:
    """An app has a code and tokens, and is deleted."""
    values.set(**values.world.once("client deleted", partial(_delete_client, values.world)))


def _delete_client(world: World) -> dict[str, str]:
    app = apps.register(world.server)
    made = _code_and_tokens(world, app, world.ada)
    world.server.run("client", "delete", app.client_id)
    return made


def _app_ended(values: Values) -> None:
    """An app has a code and tokens, and Ada ends it among her connected apps."""
    values.set(**values.world.once("app ended", partial(_end_app, values.world)))


def _end_app(world: World) -> dict[str, str]:
    app = apps.register(world.server)
    made = _code_and_tokens(world, app, world.ada)
    browser = world.ada.browser
    browser.open("/account/apps")
    form = next(f for f in browser.page.forms if f.fields.get("app_id", "").startswith(app.client_id))
    assert browser.submit(form).location == "/account/apps?done=ended"
    return made


def _secret_rotated(values: Values) -> None:
    """The owner rotated the secret, without an overlap."""
    app = apps.register(values.world.server)
    made = values.world.tokens(app, values.world.ada)
    values.world.server.run("client", "rotate-secret", app.client_id, "--overlap", "0")
    values.set_app(app)
    values.set(rotated_out_secret=app.client_secret or "", refresh_token=made["refresh_token"])


def _code_and_tokens(world: World, app: App, person: Person, **params: str) -> dict[str, str]:
    """A code that is not redeemed and a pair of tokens, of two flows of one client."""
    made, verifier = world.tokens(app, person, **params), apps.new_verifier()
    challenge = apps.challenge_of(verifier)
    code = apps.obtain_code(person.browser, app.authorize_params(challenge, **params))
    tokens = {"access_token": made["access_token"], "refresh_token": made["refresh_token"]}
    flow = {"code": code, "verifier": verifier, "challenge": challenge, "redirect_uri": app.redirect_uri}
    return tokens | flow | {"client_id": app.client_id, "client_secret": app.client_secret or ""}


ENDINGS: Mapping[str, Callable[[Values], None]] = {
    "app_ended": _app_ended,
    "client_deleted": _client_deleted,
    "member_removed": _member_removed,
    "person_disabled": _person_disabled,
    "secret_rotated": _secret_rotated,
}
"""Before the request; each but the last is brought about once for all of its cases."""
