"""The values behind placeholders about organizations and their things."""

import base64
import uuid
from collections.abc import Callable, Mapping

from tests.attacks import apps
from tests.attacks.shops import EVERYTHING, PNG, sha256
from tests.attacks.world import World


def user_token(world: World) -> str:
    """A token of Ada's own, with every scope, for all of her organizations."""
    made = world.once("user token", lambda: world.tokens(world.shop_app, world.ada, scope=EVERYTHING))
    return made["access_token"]


SHOP_VALUES: Mapping[str, Callable[[World], str]] = {
    "org_a_token": lambda world: world.stock_a.shop.token,
    "org_a_marker": lambda world: world.stock_a.marker,
    "org_b_token": lambda world: world.stock_b.shop.token,
    "org_b_marker": lambda world: world.stock_b.marker,
    "org_b_products_id": lambda world: world.stock_b.ids["products"],
    "org_b_customers_id": lambda world: world.stock_b.ids["customers"],
    "org_b_benefits_id": lambda world: world.stock_b.ids["benefits"],
    "org_a_products_id": lambda world: world.stock_a.ids["products"],
    "org_b_checkouts_id": lambda world: world.stock_b.ids["checkouts"],
    "org_b_subscriptions_id": lambda world: world.stock_b.ids["subscriptions"],
    "org_b_files_id": lambda world: world.stock_b.ids["files"],
    # Lists have page numbers; this is what a cursor would look like.
    "org_b_cursor": lambda world: base64.b64encode(f"{world.org_b.id}:10".encode()).decode(),
    "user_token": user_token,
    "receiver": lambda _: "receiver.example",
    "rebind_name": lambda _: "rebind.example",
    "flaky_name": lambda _: "flaky.example",
    "nobody_id": lambda _: str(uuid.uuid4()),
    "sha256": lambda _: sha256(PNG),
    "wrong_sha256": lambda _: sha256(b"something else"),
    "dashboard_api_path": lambda _: "/account",
    "admin_path": lambda _: "/admin/people",
    "other_user_email": lambda world: world.bob.email,
    "admin_user_oauth_token": lambda world: world.once("operator", lambda: _operator_tokens(world))["access_token"],
}


def _operator_tokens(world: World) -> dict[str, str]:
    """An app's tokens for a person who runs the server."""
    person = world.somebody()
    world.store.change("UPDATE users SET operator = TRUE WHERE email = :email", email=person.email)
    return apps.obtain_tokens(world.server, person.browser, world.shop_app, scope=EVERYTHING)
