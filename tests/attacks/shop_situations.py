"""What happened before a request to the API: to members, to files, to limits, and to the server itself."""

from collections.abc import Callable, Mapping

from tests.attacks import apps
from tests.attacks.crowds import Crowd
from tests.attacks.shops import PNG, Shop, open_shop, stock
from tests.attacks.values import Values
from tests.attacks.world import STRICT_LIMIT, Organization, World

SCRIPT = b"<html><script>alert(document.domain)</script></html>"
CROWD = 200


def everything_used(world: World) -> dict[str, str]:
    """Everything that opens something in the API has been through the server, and what somebody looked for, too."""
    shop, wanted = world.stock_a.shop, f"wanted-{world.org_b.slug}"
    assert shop.ask("GET", f"/v1/products/?query={wanted}&metadata[key]={wanted}").status == 200
    told = {"url": "https://receiver.example/logged", "format": "raw", "events": ["checkout.created"]}
    hook = shop.make("/v1/webhooks/endpoints", told)
    bought = shop.make("/v1/checkouts/", {"products": [world.stock_a.ids["products"]]})["client_secret"]
    for path in (f"/v1/checkouts/client/{bought}", f"/v1/checkouts/client/{bought}x", f"/checkout/{bought}"):
        world.server.get(path)
    world.receiver.wait_for("/logged")
    path = shop.download_path(world.stock_a.ids["files"])
    assert world.server.get(path).status == 200
    assert world.server.get(f"{path}0").status == 403
    names = {"org_token": shop.token, "webhook_secret": hook["secret"], "checkout_secret": bought, "wanted": wanted}
    return {**names, "signature": path.partition("signature=")[2]}


def _two_memberships(values: Values) -> None:
    """Ada belongs to two organizations, and let an app act for one of them."""
    world = values.world
    other = world.once("cedar", lambda: _stocked(world, world.org_b_member))
    values.set(user_token_a_only=values["org_a_token"], org_b_marker=other["marker"])


def _member_left(values: Values) -> None:
    """Ada's own token reached an organization's things; then she was removed from it."""
    world = values.world
    organization = world.joint_organization("elm", "Elm Street Bakery")
    values.set(org_a=organization.id, org_a_marker=_stocked(world, organization)["marker"])
    answer = Shop(world.server, organization.id, values["user_token"]).ask("GET", "/v1/products/")
    assert values["org_a_marker"] in answer.text, "she must have seen it"
    _remove(values, organization)


def _member_came_back(values: Values) -> None:
    """Ada let an app act for an organization, was removed from it, and was taken back."""
    world = values.world
    organization = world.joint_organization("fern", "Fern & Sons")
    shop = open_shop(world.server, world.ada, world.shop_app, organization.id)
    assert shop.ask("GET", "/v1/products/").status == 200
    _remove(values, organization)
    world.server.run("organization", "add-member", organization.slug, world.ada.email)
    values.set(org_a_token=shop.token)


def _role_lowered(values: Values) -> None:
    """Ada managed an organization; now she is a member like others."""
    world = values.world
    organization = world.organization_of(world.bob, "ginkgo", "Ginkgo Games")
    world.server.run("organization", "add-member", organization.slug, world.ada.email, "--role", "admin")
    shop = Shop(world.server, organization.id, values["user_token"])
    hook = {"url": "https://receiver.example/ok", "format": "raw", "events": [], "organization_id": organization.id}
    assert shop.ask("POST", "/v1/webhooks/endpoints", hook).status == 201
    world.server.run("organization", "add-member", organization.slug, world.ada.email, "--role", "member")
    values.set(org_a=organization.id)


def _only_owner_disabled(values: Values) -> None:
    """The only person behind an organization was shut out."""
    world, owner = values.world, values.world.somebody()
    organization = world.organization_of(owner, "hazel", "Hazel Home")
    shop = open_shop(world.server, owner, world.shop_app, organization.id)
    assert shop.ask("GET", "/v1/products/").status == 200
    world.server.run("user", "disable", owner.email)
    values.set(org_a_token=shop.token)


def _shop_of_its_own(values: Values) -> None:
    """An organization that only this case knows."""
    shop = values.world.new_shop()
    values.set(org_a=shop.organization_id, org_a_token=shop.token)


def _script_sent_as_image(values: Values) -> None:
    """HTML was sent as an image twice: as it is, and behind the first bytes of one."""
    shop = values.world.stock_a.shop
    plain = shop.announce("a.png", SCRIPT)
    assert shop.finish(plain, shop.send(plain, SCRIPT)).status == 422
    disguised = shop.upload("b.png", PNG + SCRIPT)
    values.set(refused_public_path=f"/v1/files/{plain['id']}/image")
    values.set(file_public_url=disguised["public_url"].removeprefix(values["issuer"]))


def _bytes_sent(values: Values) -> None:
    """The bytes of a file were sent, and its upload was not finished yet."""
    shop = values.world.stock_a.shop
    announced = shop.announce("c.png", PNG + b"pixels")
    etag = shop.send(announced, PNG + b"pixels")
    upload = announced["upload"]
    values.set(file_id=announced["id"], upload_id=upload["id"], file_path=upload["path"], etag=etag)


def _download_offered(values: Values) -> None:
    """Somebody was given the address of one download, and would like another."""
    shop = values.world.stock_a.shop
    marker, private = "the first chapter", {"service": "downloadable", "mime_type": "text/html"}
    one = shop.upload('a"; filename=evil.html', marker.encode(), **private)
    other = shop.upload("other.html", b"the second chapter", **private)
    path = shop.download_path(one["id"])
    values.set(download_url=path, file_marker="chapter", other_path=path.replace(one["id"], other["id"]))
    expires = path.partition("expires=")[2].partition("&")[0]
    values.set(later_path=path.replace(expires, str(int(expires) + 86_400)))


def _limit_used_up(values: Values) -> None:
    """An app has used up the hour's calls of a person's token, and refreshes it."""
    world, server = values.world, values.server
    app = apps.register(world.server)
    made = world.tokens(app, world.ada)
    calls = [server.get("/v1/products/", Authorization=f"Bearer {made['access_token']}") for _ in range(STRICT_LIMIT)]
    assert {call.status for call in calls} == {200}
    values.set(new_access_token=apps.refresh(world.server, app, made["refresh_token"])["access_token"])


def _slow_crowd(values: Values) -> None:
    """Two hundred clients send a token request a byte at a time."""
    values.crowd = Crowd(values.server.place, CROWD)
    assert values["access_token"], "what the others need is there before they are measured"


def _stocked(world: World, organization: Organization) -> dict[str, str]:
    """Bob fills an organization of his."""
    shop = open_shop(world.server, world.bob, world.shop_app, organization.id)
    return {"marker": stock(shop, f"marked-{organization.slug}").marker}


def _remove(values: Values, organization: Organization) -> None:
    browser = values.world.bob.browser
    browser.open(f"/dashboard/{organization.slug}/members")
    answer = browser.submit_to(f"/dashboard/{organization.slug}/members/remove", user_id=values["victim_user_id"])
    assert answer.status == 303, answer.text


SHOP_SITUATIONS: Mapping[str, Callable[[Values], None]] = {
    "bytes_sent": _bytes_sent,
    "download_offered": _download_offered,
    "limit_used_up": _limit_used_up,
    "member_came_back": _member_came_back,
    "member_left": _member_left,
    "only_owner_disabled": _only_owner_disabled,
    "role_lowered": _role_lowered,
    "script_sent_as_image": _script_sent_as_image,
    "shop_of_its_own": _shop_of_its_own,
    "slow_crowd": _slow_crowd,
    "two_memberships": _two_memberships,
}
