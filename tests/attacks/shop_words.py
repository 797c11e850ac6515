"""Assertion words about things of organizations, files, deliveries, and how others fare meanwhile."""

from collections.abc import Callable, Mapping
from statistics import quantiles

from tests.attacks.evidence import Evidence, Word


def _org_b_changed(evidence: Evidence) -> bool:
    world = evidence.values.world
    return [answer.body for answer in world.stock_b.seen()] != world.stock_b_at_first


def _file_available(evidence: Evidence) -> bool:
    shop, file_id = evidence.values.world.stock_a.shop, evidence.values["file_id"]
    return bool(shop.ask("GET", "/v1/files/", ids=file_id).json["items"])


SHOP_STATES: Mapping[str, Callable[[Evidence], bool]] = {
    "org_b_changed": _org_b_changed,
    "file_available": _file_available,
}


def _storage_path_contains(evidence: Evidence, text: str) -> bool:
    """What the API calls the place of a file, and where the bytes of all files really are."""
    kept = [str(path) for path in (evidence.values.world.server.folder / "data" / "files").rglob("*")]
    said = [str(response.json.get("path", "")) for response in evidence.responses]
    return any(text in path.removeprefix(str(evidence.values.world.server.folder)) for path in [*kept, *said])


def _delivery_header(evidence: Evidence, name: str) -> bool:
    got = evidence.values.world.receiver.got
    return any(name.lower() in map(str.lower, delivery.headers) for delivery in got)


def _delivered(evidence: Evidence, path: str) -> bool:
    return bool(evidence.values.world.receiver.at(path))


def _healthy_p99_ms_over(evidence: Evidence, limit: str) -> bool:
    return quantiles([each.seconds for each in evidence.responses], n=100)[-1] * 1000 > int(limit)


SHOP_WORDS: Mapping[str, Word] = {
    "storage_path_contains": _storage_path_contains,
    "delivery_header": _delivery_header,
    "delivered": _delivered,
    "healthy_delivery_delay_s_over": lambda evidence, limit: float(evidence.values["healthy_delay"]) > float(limit),
    "healthy_p99_ms_over": _healthy_p99_ms_over,
}
