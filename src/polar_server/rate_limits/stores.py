"""Counts that several hosts share, in Valkey or Redis: one script a call, which is exact because scripts run alone.

redis-py is optional: it comes with polar-server[redis], and only a server with POLAR_RATE_LIMIT_URL imports this.
"""

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from polar_server.rate_limits.limits import StoreDown
from polar_server.rate_limits.windows import COUNTED, WIDTH, Standing, gather, standing

TIMEOUT = 0.25
"""Seconds that a call waits for the store before it goes on without."""

# The store's own clock decides, so the hosts' need not agree. It answers with what was counted before.
_SCRIPT = """
local key, limit, width, counted = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local bucket = math.floor(tonumber(time[1]) / width)
local cells = redis.call('HGETALL', key)
local used = 0
for i = 1, #cells, 2 do
    if tonumber(cells[i]) <= bucket - counted then
        redis.call('HDEL', key, cells[i])
    else
        used = used + tonumber(cells[i + 1])
    end
end
local admitted = used < limit
if admitted then
    redis.call('HINCRBY', key, bucket, 1)
    redis.call('EXPIRE', key, width * counted)
end
return {admitted and 1 or 0, time[1] .. '.' .. string.format('%06d', time[2]), redis.call('HGETALL', key)}
"""


class SharedStore:
    """Counts in a server that speaks the protocol of Redis. `width` is seconds in a bucket."""

    def __init__(self, url: str, width: int = WIDTH) -> None:
        self._width = width
        # Once more at once, for a connection that broke while nobody used it; then the call goes on without.
        again = Retry(NoBackoff(), 1)
        self._redis: Any = Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=again)
        self._script = self._redis.register_script(_SCRIPT)

    async def take(self, key: bytes, limit: int) -> Standing:
        """Count one request when there is room for it. Raises StoreDown."""
        try:
            answer = await self._script(keys=[b"polar:limit:" + key], args=[limit, self._width, COUNTED])
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreDown(f"{type(error).__name__}: {error}") from error
        admitted, time, cells = bool(answer[0]), float(answer[1]), [int(cell) for cell in answer[2]]
        window = gather(int(time // self._width), zip(cells[::2], cells[1::2], strict=True))
        return standing(window.oldest, window.used, limit, time, admitted=admitted, width=self._width)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
