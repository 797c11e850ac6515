"""What happens between a request to the API and the look at its effects: events are sent, slow clients give up."""

import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from tests.attacks.shops import Shop
from tests.attacks.values import Values
from tests.attacks.wire import Response

PATIENCE = 15
EVENTS = 10


def _event_tried(values: Values, responses: Sequence[Response]) -> None:
    """Something happens, and each endpoint that was made gets its first attempt."""
    shop = Shop(values.world.server, values["org_a"], values["org_a_token"])
    wanted = {response.json["id"] for response in responses if response.status == 201}
    assert wanted, "there must be somebody to tell"
    _happen(shop, 1)
    deadline = time.monotonic() + PATIENCE
    while shop.ask("GET", "/v1/webhooks/deliveries", limit="100").json["pagination"]["total_count"] < len(wanted):
        assert time.monotonic() < deadline, "nobody tried"
        time.sleep(0.02)


def _others_told(values: Values, responses: Sequence[Response]) -> None:
    """Much happens while a receiver dawdles, and another endpoint of the organization is told of all of it."""
    shop = Shop(values.world.server, values["org_a"], values["org_a_token"])
    _tell(values, shop, "/prompt", slow=_path(responses))


def _neighbours_told(values: Values, responses: Sequence[Response]) -> None:
    """Much happens in another organization, once nothing but slow receivers is being told."""
    _happen(Shop(values.world.server, values["org_a"], values["org_a_token"]), 1)
    values.world.receiver.wait_for(_path(responses))
    _tell(values, values.world.new_shop(), "/neighbour", slow=_path(responses))


def _tell(values: Values, shop: Shop, path: str, *, slow: str) -> None:
    """Let an endpoint at a path be told of much, and measure how late it hears the last of it."""
    receiver, url = values.world.receiver, f"https://receiver.example{path}"
    shop.make("/v1/webhooks/endpoints", {"url": url, "format": "raw", "events": ["customer.created"]})
    _happen(shop, EVENTS)
    started = time.monotonic()
    receiver.wait_for(path, EVENTS)
    assert receiver.at(slow), "the slow ones were tried, too"
    values.set(healthy_delay=str(receiver.at(path)[-1].at - started))
    receiver.release(slow)


def _path(responses: Sequence[Response]) -> str:
    """The path of the receiver that an endpoint was made for."""
    return str(urlsplit(responses[0].json["url"]).path)


def _crowd_ends(values: Values, _: Sequence[Response]) -> None:
    """The slow clients say the rest at last, and are answered like any others."""
    assert values.crowd is not None
    assert set(values.crowd.end()) <= {400, 401, 408}


def _happen(shop: Shop, count: int) -> None:
    for number in range(count):
        shop.make("/v1/customers/", {"email": f"customer{number}@customer.example"})


SHOP_AFTERWARDS: Mapping[str, Callable[[Values, Sequence[Response]], None]] = {
    "crowd_ends": _crowd_ends,
    "event_tried": _event_tried,
    "neighbours_told": _neighbours_told,
    "others_told": _others_told,
}
