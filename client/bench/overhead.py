"""What a call of the client costs beside one of bare httpx, against the same server, in the same run.

    .venv/bin/python client/bench/overhead.py BASE_URL TOKEN

A round is 50 calls of each, in turn. Printed are the medians of the rounds and how they relate, once by the clock and
once by the CPU time of this process, which neighbours on the machine change less; 1.3 is the limit.
"""

import statistics
import sys
import time
from collections.abc import Callable

import httpx

from polar_client import Polar

CALLS = 50
ROUNDS = 20


def measured(call: Callable[[], object]) -> tuple[float, float]:
    """Microseconds for one of many calls, by the clock and of CPU time."""
    began, used = time.perf_counter(), time.process_time()
    for _ in range(CALLS):
        call()
    each = 1_000_000 / CALLS
    return (time.perf_counter() - began) * each, (time.process_time() - used) * each


def main(base_url: str, token: str) -> None:
    """Measure, and print."""
    url = f"{base_url}/v1/products?limit=10"
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client() as bare, Polar(token, base_url=base_url) as polar:

        def with_httpx() -> object:
            return bare.get(url, headers=headers).raise_for_status().json()

        def with_client() -> object:
            return polar.products.list(limit=10)

        assert polar.products.list(limit=10).items, "make some products first"
        rounds = [(measured(with_httpx), measured(with_client)) for _ in range(ROUNDS)]
    for unit, name in enumerate(("clock", "CPU time")):
        bare_cost, own_cost = (statistics.median(costs[side][unit] for costs in rounds) for side in (0, 1))
        print(f"{name}: httpx {bare_cost:.0f} us, polar_client {own_cost:.0f} us, ratio {own_cost / bare_cost:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
